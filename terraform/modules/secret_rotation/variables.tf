variable "secret_arn" {
  description = "Secret that is rotated."
  type        = string
}

variable "function_arn" {
  description = "Function that does it, which lets Secrets Manager call it by a permission of its own."
  type        = string
}

variable "days" {
  description = "Days between rotations."
  type        = number
  default     = 30

  validation {
    condition     = var.days >= 1 && var.days <= 1000
    error_message = "Secrets are rotated after 1 to 1000 days."
  }
}
