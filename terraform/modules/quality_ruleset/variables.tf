variable "table" {
  description = "The table that is judged. It need not be there yet: jobs make it."
  type = object({
    database = string
    name     = string
  })
}

variable "rules" {
  description = "The rules, in the Data Quality Definition Language."
  type        = string

  validation {
    condition     = can(regex("^Rules = \\[\\n(.+\\n)+\\]\\s*$", var.rules))
    error_message = "A ruleset is Rules = [ … ] with at least one rule."
  }
}
