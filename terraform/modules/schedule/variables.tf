variable "platform" {
  description = "Name prefix and account of the schedule and its role, and the key of the schedule."
  type = object({
    name        = string
    account_id  = string
    kms_key_arn = string
  })
}

variable "name" {
  description = "Name of the schedule, after the platform's."
  type        = string
}

variable "description" {
  description = "What starts, and when."
  type        = string
}

variable "expression" {
  description = "cron(…), rate(…) or at(…), in UTC."
  type        = string

  validation {
    condition     = can(regex("^(at|cron|rate)\\(.+\\)$", var.expression))
    error_message = "A schedule is cron(…), rate(…) or at(…)."
  }
}

variable "function_arn" {
  description = "Function that is called."
  type        = string
}

variable "input" {
  description = "JSON that the function gets; <aws.scheduler.scheduled-time> in it is the time. jsonencode would escape the brackets."
  type        = string

  validation {
    condition     = can(jsondecode(var.input)) && !can(regex("u003c", var.input))
    error_message = "The input is JSON whose brackets are not escaped."
  }
}
