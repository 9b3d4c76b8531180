variable "name" {
  description = "Name of the topic."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,256}$", var.name))
    error_message = "A topic's name has up to 256 letters, digits, - and _."
  }
}

variable "account_id" {
  description = "Account for which services may publish."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that encrypts the messages."
  type        = string
}

variable "publishers" {
  description = "Service principals that publish, for example cloudwatch.amazonaws.com."
  type        = set(string)
  default     = []
}

variable "emails" {
  description = "Addresses that are told. Each has to confirm before it is."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", address))])
    error_message = "Each is an address such as team@example.com."
  }
}
