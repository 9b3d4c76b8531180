variable "platform" {
  description = "Name prefix, account, region, partition, and the key of the data."
  type = object({
    name        = string
    account_id  = string
    region      = string
    partition   = optional(string, "aws")
    kms_key_arn = string
  })
}

variable "name" {
  description = "Name of the role, after the platform's."
  type        = string
}

variable "description" {
  description = "Who takes the role."
  type        = string
}

variable "workgroup_arn" {
  description = "Workgroup of Athena that is queried in."
  type        = string
}

variable "databases" {
  description = "Catalog databases that can be seen."
  type        = set(string)

  validation {
    condition     = length(var.databases) > 0
    error_message = "A reader sees at least one database."
  }
}

variable "results" {
  description = "Bucket and prefix of the results."
  type = object({
    bucket = string
    prefix = optional(string, "athena/")
  })
}
