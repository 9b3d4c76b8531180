variable "name" {
  description = "Name of the application."
  type        = string
}

variable "release" {
  description = "Release of EMR; 7.9.0 has Spark 3.5."
  type        = string
  default     = "emr-7.9.0"

  validation {
    condition     = can(regex("^emr-[0-9]+\\.[0-9]+\\.[0-9]+$", var.release))
    error_message = "A release is emr-7.9.0 or alike."
  }
}

variable "maximum" {
  description = "What the application may use at most, which bounds an hour's cost: vCPUs, GB of memory, GB of disk."
  type = object({
    cpu       = optional(number, 100)
    memory_gb = optional(number, 400)
    disk_gb   = optional(number, 2000)
  })
  default = {}
}

variable "idle_minutes" {
  description = "Minutes without work after which it stops."
  type        = number
  default     = 5

  validation {
    condition     = var.idle_minutes >= 1 && var.idle_minutes <= 60
    error_message = "It stops after 1 to 60 idle minutes: longer is paid for nothing."
  }
}

variable "network" {
  description = "Subnets and security groups of the workers."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
}
