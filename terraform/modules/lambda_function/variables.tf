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
  description = "Name of the function, after the platform's."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,40}$", var.name))
    error_message = "A function's name has up to 41 lower-case letters, digits and hyphens."
  }
}

variable "description" {
  description = "What the function does."
  type        = string
}

variable "package" {
  description = "Zip file with handler.py."
  type        = string
}

variable "environment" {
  description = "Environment of the handler. Never a secret: name the secret instead."
  type        = map(string)
  default     = {}

  validation {
    condition     = !anytrue([for name in keys(var.environment) : can(regex("(?i)password|token$", name))])
    error_message = "A password or token does not belong into a function's environment; give the secret's name."
  }
}

variable "statements" {
  description = "What the function may do, beside writing its log."
  type = list(object({
    sid       = string
    actions   = list(string)
    resources = list(string)
  }))
  default = []

  validation {
    condition     = alltrue(flatten([for statement in var.statements : [for action in statement.actions : !strcontains(action, "*")]]))
    error_message = "Actions are written out."
  }
}

variable "callers" {
  description = "By statement: which service may call the function, on behalf of what."
  type = map(object({
    service    = string
    source_arn = string
  }))
  default = {}
}

variable "layers" {
  description = "ARNs of layers, for example Powertools'."
  type        = list(string)
  default     = []
}

variable "network" {
  description = "Private subnets and security groups of a function that reaches servers; null keeps it outside of the network."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "timeout_seconds" {
  description = "Seconds after which a call is ended."
  type        = number
  default     = 30

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900
    error_message = "A call takes 1 to 900 seconds."
  }
}

variable "memory_mb" {
  description = "MB of memory; the share of a CPU goes with it."
  type        = number
  default     = 256
}

variable "concurrency" {
  description = "Calls at a time; -1 sets no limit of its own."
  type        = number
  default     = 5
}

variable "log_days" {
  description = "Days that the log is kept."
  type        = number
  default     = 365
}
