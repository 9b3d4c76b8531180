variable "name" {
  description = "Name of the workflow."
  type        = string
}

variable "description" {
  description = "What the workflow does."
  type        = string
}

variable "schedule" {
  description = "cron(…) in UTC; null starts on demand only."
  type        = string
  default     = null

  validation {
    condition     = var.schedule == null ? true : can(regex("^cron\\(.+\\)$", var.schedule))
    error_message = "A trigger's schedule is cron(…)."
  }
}

variable "first" {
  description = "Jobs that the workflow begins with, and their arguments."
  type = list(object({
    job       = string
    arguments = optional(map(string), {})
  }))

  validation {
    condition     = length(var.first) > 0
    error_message = "A workflow begins with at least one job."
  }
}

variable "after" {
  description = "By name: jobs to start when all of others have succeeded."
  type = map(object({
    succeeded = list(string)
    start = list(object({
      job       = string
      arguments = optional(map(string), {})
    }))
  }))
  default = {}
}

variable "enabled" {
  description = "Let scheduled and conditional triggers fire."
  type        = bool
  default     = true
}
