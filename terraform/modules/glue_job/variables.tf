variable "platform" {
  description = "Where the job runs: name prefix of roles, account, region, partition, and the key of its data."
  type = object({
    name        = string
    account_id  = string
    region      = string
    partition   = optional(string, "aws")
    kms_key_arn = string
  })
}

variable "name" {
  description = "Name of the job."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,40}$", var.name))
    error_message = "A job's name has up to 41 lower-case letters, digits and _, so that its role's name fits too."
  }
}

variable "job" {
  description = "The job as deployment/jobs.json has it, its arguments with this environment's names."
  type = object({
    script              = string
    description         = string
    arguments           = map(string)
    worker_type         = string
    number_of_workers   = number
    timeout_minutes     = number
    max_concurrent_runs = number
    max_retries         = optional(number, 0)
    glue_version        = optional(string, "5.1")
  })

  validation {
    condition     = contains(["G.025X", "G.1X", "G.2X", "G.4X", "G.8X", "R.1X", "R.2X", "R.4X", "R.8X"], var.job.worker_type)
    error_message = "The worker type is one of Glue's: G.025X (streaming only), G.1X to G.8X, R.1X to R.8X."
  }

  validation {
    condition     = var.job.number_of_workers >= 2 && var.job.number_of_workers <= 100 && var.job.timeout_minutes >= 1 && var.job.timeout_minutes <= 2880
    error_message = "A Spark job has 2 to 100 workers here, and a time-out of a minute to two days."
  }
}

variable "scripts_bucket" {
  description = "Bucket of the scripts and libraries."
  type        = string
}

variable "access" {
  description = "All that the job may reach: buckets by name, catalog databases, and secrets, state tables and warehouses by ARN. What is written may be read too."
  type = object({
    read_buckets  = optional(set(string), [])
    write_buckets = optional(set(string), [])
    databases     = optional(set(string), [])
    secrets       = optional(set(string), [])
    state_tables  = optional(set(string), [])
    warehouses    = optional(set(string), [])
  })
}

variable "connections" {
  description = "Glue connections that put the job into the network."
  type        = list(string)
  default     = []
}

variable "security_configuration" {
  description = "Security configuration of what the job writes."
  type        = string
  default     = null
}
