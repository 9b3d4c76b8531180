variable "name" {
  description = "Name of the trail."
  type        = string
}

variable "bucket" {
  description = "Bucket of the files, which lets CloudTrail write."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that encrypts the files."
  type        = string
}

variable "data_bucket_arns" {
  description = "Buckets of which each read and write of an object is noted."
  type        = set(string)

  validation {
    condition     = length(var.data_bucket_arns) > 0
    error_message = "At least one bucket is watched."
  }
}
