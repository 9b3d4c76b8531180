variable "name" {
  description = "Name of the rule."
  type        = string
}

variable "description" {
  description = "What happened, that starts what."
  type        = string
}

variable "pattern" {
  description = "Pattern of the events, JSON."
  type        = string

  validation {
    condition     = can(jsondecode(var.pattern))
    error_message = "A pattern is JSON."
  }
}

variable "function_arn" {
  description = "Function that is called. It lets the rule call it by a permission of its own."
  type        = string
}

variable "dead_letter_queue_arn" {
  description = "Queue of the events that could not be delivered; null drops them after an hour of retries."
  type        = string
  default     = null
}
