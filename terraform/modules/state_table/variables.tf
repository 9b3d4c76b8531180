variable "name" {
  description = "Name of the table."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.name))
    error_message = "A table's name has 3 to 255 letters, digits, and _ . -"
  }
}

variable "partition_key" {
  description = "Attribute that spreads the items; text."
  type        = string
}

variable "sort_key" {
  description = "Attribute that orders the items of a partition; text."
  type        = string
}

variable "time_to_live" {
  description = "Attribute with the epoch second after which an item may go; null keeps all."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "Key that encrypts the items."
  type        = string
}

variable "deletion_protection" {
  description = "Refuse to delete the table."
  type        = bool
  default     = true
}
