variable "name" {
  description = "Name of the namespace and of its workgroup."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]{3,64}$", var.name))
    error_message = "A workgroup's name has 3 to 64 lower-case letters, digits and hyphens."
  }
}

variable "database" {
  description = "First database."
  type        = string
}

variable "admin_username" {
  description = "The administrator, whose password Redshift keeps and rotates in Secrets Manager."
  type        = string
  default     = "admin"
}

variable "kms_key_arn" {
  description = "Key that encrypts the data."
  type        = string
}

variable "copy_role_arn" {
  description = "Role of COPY; the default one."
  type        = string
}

variable "base_capacity" {
  description = "Redshift Processing Units that a query starts with: 8 for a few hundred GB, 32 for a TB and dashboards, 128 for many users at once."
  type        = number
  default     = 8

  validation {
    condition     = contains([4], var.base_capacity) || (var.base_capacity >= 8 && var.base_capacity <= 512 && var.base_capacity % 8 == 0) || (var.base_capacity > 512 && var.base_capacity <= 1024 && var.base_capacity % 32 == 0)
    error_message = "Capacity is 4, 8 to 512 in steps of 8, or up to 1024 in steps of 32."
  }
}

variable "max_capacity" {
  description = "Redshift Processing Units that it may grow to: the upper bound of an hour's cost."
  type        = number
  default     = 32

  validation {
    condition     = var.max_capacity >= var.base_capacity
    error_message = "The greatest capacity is not below the base capacity."
  }
}

variable "monthly_rpu_hours" {
  description = "RPU hours a month after which queries are refused; null sets no limit."
  type        = number
  default     = null
}

variable "query_seconds" {
  description = "Seconds after which a query is ended."
  type        = number
  default     = 14400
}

variable "log_days" {
  description = "Days that the audit logs are kept."
  type        = number
  default     = 365

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_days)
    error_message = "CloudWatch Logs keeps logs for certain numbers of days: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, …"
  }
}

variable "port" {
  description = "Port of the workgroup."
  type        = number
  default     = 5439

  # What clients connect to here is whatever port was free, so the range of AWS (5431-5455, 8191-8215) is not asked for.
  validation {
    condition     = var.port >= 1024 && var.port <= 65535
    error_message = "A port above 1023."
  }
}

variable "network" {
  description = "Subnets in at least two zones (three on AWS), and security groups."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
}
