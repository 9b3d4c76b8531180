variable "name" {
  description = "Name of the secret, as the jobs are given it."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9/_+=.@-]{1,512}$", var.name)) && !can(regex("-[A-Za-z0-9]{6}$", var.name))
    error_message = "A secret's name has up to 512 letters, digits and /_+=.@-, and does not end with a hyphen and six characters: Secrets Manager adds such an ending itself."
  }
}

variable "description" {
  description = "What the value is and who puts it."
  type        = string
}

variable "account_id" {
  description = "The only account whose principals may read or change the value."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that encrypts the value."
  type        = string
}

variable "recovery_window_in_days" {
  description = "Days in which a deleted secret can be brought back; 0 deletes at once."
  type        = number
  default     = 30

  validation {
    condition     = var.recovery_window_in_days == 0 || (var.recovery_window_in_days >= 7 && var.recovery_window_in_days <= 30)
    error_message = "Secrets Manager keeps a deleted secret for 7 to 30 days, or not at all (0)."
  }
}
