variable "name" {
  description = "Bucket name, unique in the world."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "A bucket name has 3 to 63 lower-case letters, digits and hyphens, and begins and ends with a letter or digit."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts the objects."
  type        = string
}

variable "versioning" {
  description = "Keep what was overwritten or deleted for `retention.noncurrent_days`."
  type        = bool
  default     = true
}

variable "retention" {
  description = "Days after which objects, and versions that are not current any more, expire; null keeps current ones."
  type = object({
    current_days    = optional(number)
    noncurrent_days = optional(number, 30)
  })
  default = {}

  validation {
    condition     = coalesce(var.retention.current_days, 1) >= 1 && var.retention.noncurrent_days >= 1
    error_message = "Retention is counted in whole days, at least one."
  }
}

variable "access_logs" {
  description = "Bucket and prefix that S3 writes access logs to; null writes none."
  type = object({
    bucket = string
    prefix = optional(string, "s3-access/")
  })
  default = null
}

variable "service_statements" {
  description = "What services of AWS may do here for an account, for example deliver audit logs."
  type = list(object({
    sid        = string
    service    = string
    actions    = list(string)
    suffixes   = list(string)
    account_id = string
  }))
  default = []
}

variable "notify_eventbridge" {
  description = "Tell EventBridge about new objects."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Let a destroy delete the objects too; never in prod."
  type        = bool
  default     = false
}
