variable "platform" {
  description = "Name prefix, account, region, partition, and the key of the data."
  type = object({
    name        = string
    account_id  = string
    region      = string
    partition   = optional(string, "aws")
    kms_key_arn = string
  })
}

variable "state_machine_arn" {
  description = "The pipeline."
  type        = string
}

variable "jobs" {
  description = "Names of the Glue jobs."
  type        = set(string)
}

variable "functions" {
  description = "By short name: name of each function."
  type        = map(string)
  default     = {}
}

variable "topic_arn" {
  description = "Topic that alarms go to."
  type        = string
}

variable "pipeline_minutes" {
  description = "Minutes that a batch may take."
  type        = number
  default     = 120

  validation {
    condition     = var.pipeline_minutes >= 1
    error_message = "At least a minute."
  }
}

variable "log_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_days)
    error_message = "CloudWatch Logs keeps logs for certain numbers of days: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, …"
  }
}
