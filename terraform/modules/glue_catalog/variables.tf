variable "databases" {
  description = "By name: what the database holds, and the bucket that its tables lie in."
  type = map(object({
    description = string
    bucket      = string
  }))

  validation {
    condition     = alltrue([for name in keys(var.databases) : can(regex("^[a-z0-9_]+$", name))])
    error_message = "A database's name has lower-case letters, digits and _: Athena and Spark know no others."
  }
}
