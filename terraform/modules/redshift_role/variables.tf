variable "platform" {
  description = "Name prefix of the role, account, partition, and the key of the staged data."
  type = object({
    name        = string
    account_id  = string
    partition   = optional(string, "aws")
    kms_key_arn = string
  })
}

variable "read_buckets" {
  description = "Buckets that are copied from."
  type        = set(string)

  validation {
    condition     = length(var.read_buckets) > 0
    error_message = "A role that copies reads at least one bucket."
  }
}
