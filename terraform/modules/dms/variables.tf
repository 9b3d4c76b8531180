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

variable "instance" {
  description = "The replication instance: its class, its storage for logs and changes that wait, and whether a second one stands by."
  type = object({
    class      = optional(string, "dms.t3.medium")
    storage_gb = optional(number, 50)
    multi_az   = optional(bool, false)
  })
  default = {}

  validation {
    condition     = can(regex("^dms[.](t3|c5|c6i|r5|r6i)[.][a-z0-9]+$", var.instance.class)) && var.instance.storage_gb >= 5 && var.instance.storage_gb <= 6144
    error_message = "A replication instance is of a class such as dms.t3.medium, dms.c6i.large or dms.r6i.xlarge, with 5 to 6144 GB."
  }
}

variable "network" {
  description = "Subnets in at least two zones, and security groups."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })

  validation {
    condition     = length(var.network.subnet_ids) >= 2
    error_message = "DMS wants subnets in at least two zones."
  }
}

variable "source_endpoint" {
  description = "The server that is read: engine, secret with host, port, username and password, and the certificates of who signs its server's."
  type = object({
    engine_name     = string
    secret_arn      = string
    certificate_pem = optional(string)
  })

  validation {
    condition     = contains(["aurora", "mariadb", "mysql"], var.source_endpoint.engine_name)
    error_message = "The source is mysql, mariadb or aurora."
  }
}

variable "targets" {
  description = "By name: redshift with a database and a secret, or s3; both with the bucket and folder that files are written to."
  type = map(object({
    engine_name      = string
    database         = optional(string)
    secret_arn       = optional(string)
    bucket           = string
    folder           = string
    data_format      = optional(string, "csv")
    timestamp_column = optional(string)
  }))

  validation {
    condition = alltrue([
      for target in values(var.targets) : target.engine_name == "s3" || (target.engine_name == "redshift" && target.database != null && target.secret_arn != null)
    ])
    error_message = "A target is s3, or redshift with a database and a secret."
  }

  validation {
    condition     = alltrue([for target in values(var.targets) : contains(["csv", "parquet"], target.data_format)])
    error_message = "Files on S3 are csv or parquet."
  }
}

variable "tasks" {
  description = "By name: the target, and what is migrated: what is there, the changes, or both. Tasks are started by people, not by an apply."
  type = map(object({
    target         = string
    migration_type = string
  }))

  validation {
    condition     = alltrue([for task in values(var.tasks) : contains(["full-load", "cdc", "full-load-and-cdc"], task.migration_type)])
    error_message = "A task is full-load, cdc or full-load-and-cdc."
  }
}

variable "table_mappings" {
  description = "Which tables, and what they are called on the target: the JSON of dms/table_mappings.json."
  type        = string

  validation {
    condition     = can(jsondecode(var.table_mappings).rules[0]["rule-type"])
    error_message = "Table mappings are JSON with at least one rule."
  }
}

variable "task_settings" {
  description = "How: the JSON of dms/task_settings.json."
  type        = string

  validation {
    condition     = try(jsondecode(var.task_settings).Logging.EnableLogging, false)
    error_message = "Task settings are JSON, and have Logging.EnableLogging true: a task without a log cannot be explained."
  }
}

variable "topic_arn" {
  description = "Topic that failures and late changes are told to."
  type        = string
}

variable "latency_seconds" {
  description = "Seconds that changes may be late before an alarm."
  type        = number
  default     = 300

  validation {
    condition     = var.latency_seconds >= 60
    error_message = "Metrics come once a minute: at least 60 seconds."
  }
}

variable "account_roles" {
  description = "Make the two roles that DMS looks for by name in an account; false where the account has them."
  type        = bool
  default     = true
}

variable "log_days" {
  description = "Days that the tasks' log is kept."
  type        = number
  default     = 365
}
