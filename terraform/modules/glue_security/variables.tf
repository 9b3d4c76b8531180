variable "name" {
  description = "Name of the security configuration."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that encrypts objects, logs, bookmarks and the catalog."
  type        = string
}
