variable "name" {
  description = "Name of the cluster."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,62}$", var.name)) && !endswith(var.name, "-") && !strcontains(var.name, "--")
    error_message = "A cluster's name has up to 63 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen."
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

variable "node_type" {
  description = "ra3.large up to a TB and few users, ra3.xlplus for several TB, ra3.4xlarge for tens of TB, ra3.16xlarge beyond."
  type        = string
  default     = "ra3.large"

  validation {
    condition     = contains(["ra3.large", "ra3.xlplus", "ra3.4xlarge", "ra3.16xlarge"], var.node_type)
    error_message = "Nodes are of the kind ra3, whose storage is apart: ra3.large, ra3.xlplus, ra3.4xlarge or ra3.16xlarge."
  }
}

variable "number_of_nodes" {
  description = "Nodes of the cluster."
  type        = number
  default     = 1

  validation {
    condition     = var.number_of_nodes >= 1 && var.number_of_nodes <= 128
    error_message = "A cluster has 1 to 128 nodes."
  }
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
  description = "Port of the cluster."
  type        = number
  default     = 5439
}

variable "query_seconds" {
  description = "Seconds after which a statement is ended."
  type        = number
  default     = 14400
}

variable "snapshot_days" {
  description = "Days that automated snapshots are kept."
  type        = number
  default     = 7

  validation {
    condition     = var.snapshot_days >= 1 && var.snapshot_days <= 35
    error_message = "Automated snapshots are kept for 1 to 35 days."
  }
}

variable "snapshot_schedule" {
  description = "rate(… hours) or cron(…) of the snapshots."
  type        = string
  default     = "rate(12 hours)"
}

variable "working_hours" {
  description = "When the cluster is paused and resumed, cron(…) in UTC; null leaves it running."
  type = object({
    pause  = string
    resume = string
  })
  default = null
}

variable "deletion_protection" {
  description = "Take a last snapshot before a destroy."
  type        = bool
  default     = true
}

variable "network" {
  description = "Subnets and security groups."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
}
