variable "admin_arns" {
  description = "Principals that administer Lake Formation."
  type        = set(string)
}

variable "locations" {
  description = "By name: ARNs of buckets whose tables Lake Formation guards."
  type        = map(string)
}

variable "tags" {
  description = "By key: the values that a tag may have."
  type        = map(set(string))
}

variable "database_tags" {
  description = "By database: its tags. Tables and columns take them over until they get their own."
  type        = map(map(string))
  default     = {}
}

variable "grants" {
  description = "By name: what a role may do with what is tagged so."
  type = map(object({
    role_arn      = string
    resource_type = string
    permissions   = set(string)
    tags          = map(set(string))
  }))
  default = {}

  validation {
    condition     = alltrue([for grant in values(var.grants) : contains(["DATABASE", "TABLE"], grant.resource_type) && !contains(grant.permissions, "ALL") && !contains(grant.permissions, "SUPER")])
    error_message = "A grant is on DATABASE or TABLE, and names its permissions: ALL and SUPER are not granted."
  }
}
