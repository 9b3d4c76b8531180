variable "name" {
  description = "Name of the workgroup."
  type        = string
}

variable "description" {
  description = "Who queries here, and what."
  type        = string
}

variable "results" {
  description = "Bucket and prefix of the results."
  type = object({
    bucket = string
    prefix = optional(string, "athena/")
  })
}

variable "kms_key_arn" {
  description = "Key that encrypts the results."
  type        = string
}

variable "scan_limit_gb" {
  description = "GB that a query may scan before it is ended; Athena bills what is scanned."
  type        = number
  default     = 100

  validation {
    condition     = var.scan_limit_gb >= 1
    error_message = "A query may scan at least 1 GB."
  }
}

variable "queries" {
  description = "By name: queries that people start from."
  type = map(object({
    description = string
    database    = string
    sql         = string
  }))
  default = {}
}

variable "force_destroy" {
  description = "Let a destroy delete the workgroup with its queries."
  type        = bool
  default     = false
}
