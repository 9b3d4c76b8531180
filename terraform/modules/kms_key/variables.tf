variable "name" {
  description = "Alias of the key, without alias/."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]+$", var.name)) && !startswith(var.name, "aws/")
    error_message = "An alias has letters, digits, /, _ and -, and does not begin with aws/, which is Amazon's."
  }
}

variable "description" {
  description = "What the key encrypts."
  type        = string
}

variable "account_id" {
  description = "Account that administers the key."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account's id has 12 digits."
  }
}

variable "region" {
  description = "Region of the key."
  type        = string
}

variable "partition" {
  description = "Partition of the ARNs."
  type        = string
  default     = "aws"
}

variable "services" {
  description = "Service principals that use the key themselves, for example logs.us-east-1.amazonaws.com."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for service in var.services : endswith(service, ".amazonaws.com")])
    error_message = "A service principal ends with .amazonaws.com."
  }
}

variable "deletion_window_in_days" {
  description = "Days between the order to delete the key and its end."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_in_days >= 7 && var.deletion_window_in_days <= 30
    error_message = "KMS waits 7 to 30 days before it deletes a key."
  }
}
