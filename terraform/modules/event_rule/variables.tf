variable "name" {
  description = "Name of the rule."
  type        = string
}

variable "description" {
  description = "What starts, and when."
  type        = string
}

variable "schedule" {
  description = "cron(…) in UTC or rate(…)."
  type        = string
  default     = null

  validation {
    condition     = var.schedule == null ? true : can(regex("^(cron|rate)\\(.+\\)$", var.schedule))
    error_message = "A schedule is cron(…) or rate(…)."
  }
}

variable "pattern" {
  description = "Pattern of the events, JSON."
  type        = string
  default     = null

  validation {
    condition     = var.pattern == null ? true : can(jsondecode(var.pattern))
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

variable "enabled" {
  description = "Let the rule fire."
  type        = bool
  default     = true
}
