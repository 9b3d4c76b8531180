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

variable "name" {
  description = "Name of the state machine."
  type        = string
}

variable "definition" {
  description = "The definition in Amazon States Language."
  type        = string

  validation {
    condition     = can(jsondecode(var.definition).StartAt) && can(jsondecode(var.definition).States)
    error_message = "The definition is JSON with StartAt and States."
  }

  validation {
    condition     = !can(regex("[$][{]", var.definition))
    error_message = "The definition has a placeholder that nothing was put into."
  }
}

variable "jobs" {
  description = "Names of the Glue jobs that it runs."
  type        = set(string)
}

variable "crawlers" {
  description = "Names of the crawlers that it starts."
  type        = set(string)
  default     = []
}

variable "state_table_arn" {
  description = "Table that it notes the batch in."
  type        = string
}

variable "topic_arn" {
  description = "Topic that is told how a batch ended."
  type        = string
}

variable "log_days" {
  description = "Days that the log is kept."
  type        = number
  default     = 365
}
