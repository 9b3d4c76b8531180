variable "name" {
  description = "Identifier of the instance."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,50}$", var.name)) && !endswith(var.name, "-") && !strcontains(var.name, "--")
    error_message = "An identifier has up to 51 lower-case letters, digits and single hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "account_id" {
  description = "Account of the instance."
  type        = string
}

variable "partition" {
  description = "Partition of the ARNs."
  type        = string
  default     = "aws"
}

variable "database" {
  description = "First database."
  type        = string
}

variable "admin_username" {
  description = "The administrator, whose password RDS keeps and rotates in Secrets Manager."
  type        = string
  default     = "admin"
}

variable "engine_version" {
  description = "MySQL's version, major and minor."
  type        = string
  default     = "8.0"

  validation {
    condition     = contains(["8.0", "8.4"], var.engine_version)
    error_message = "MySQL 8.0 or 8.4: earlier ones have no binlog_row_metadata."
  }
}

variable "instance_class" {
  description = "db.t4g.medium for trying out, db.m7g.large for a few hundred transactions a second, db.r7g.xlarge and above when the working set is larger than 8 GB."
  type        = string
  default     = "db.t4g.medium"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "An instance class is db.family.size."
  }
}

variable "storage_gb" {
  description = "GB of storage at first."
  type        = number
  default     = 50

  validation {
    condition     = var.storage_gb >= 20
    error_message = "gp3 has at least 20 GB."
  }
}

variable "max_storage_gb" {
  description = "GB that storage may grow to."
  type        = number
  default     = 500

  validation {
    condition     = var.max_storage_gb > var.storage_gb
    error_message = "The greatest storage is above the first."
  }
}

variable "kms_key_arn" {
  description = "Key that encrypts storage, backups and the administrator's secret."
  type        = string
}

variable "multi_az" {
  description = "Keep a standby in another zone."
  type        = bool
  default     = false
}

variable "backup_days" {
  description = "Days of backups. At least one: without backups there is no binary log, and without it no change data capture."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "Backups are kept for 1 to 35 days; 0 would switch the binary log off."
  }
}

variable "port" {
  description = "Port of the server."
  type        = number
  default     = 3306
}

variable "deletion_protection" {
  description = "Refuse to delete the instance, and take a last snapshot when it is."
  type        = bool
  default     = true
}

variable "network" {
  description = "Subnets in at least two zones, and security groups."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
}
