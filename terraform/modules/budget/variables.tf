variable "name" {
  description = "Name of the budget."
  type        = string
}

variable "monthly_usd" {
  description = "US dollars a month."
  type        = number

  validation {
    condition     = var.monthly_usd > 0
    error_message = "A budget is above nothing."
  }
}

variable "tag" {
  description = "Tag of what is counted. It has to be activated as a cost allocation tag in the account once."
  type = object({
    key   = string
    value = string
  })
}

variable "topic_arn" {
  description = "Topic that is told."
  type        = string
}
