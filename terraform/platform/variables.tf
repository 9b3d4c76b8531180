variable "name" {
  description = "Name of the platform: prefix of what belongs to an account, such as roles."
  type        = string
  default     = "wholesale"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "A platform's name has 2 to 20 lower-case letters, digits and hyphens."
  }
}

variable "account_id" {
  description = "Account that is deployed to. One account holds one environment: jobs, tables and workgroups have the names of deployment/."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account's id has 12 digits."
  }
}

variable "region" {
  description = "Region that is deployed to."
  type        = string
}

variable "folder" {
  description = "Folder with deployment/, pipelines/, crawlers/, glue_jobs/ and sql/: the checkout."
  type        = string
}

variable "bucket_suffix" {
  description = "Ending of the buckets' names, which are unique in the world."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(-[a-z0-9-]{1,30})?$", var.bucket_suffix))
    error_message = "Nothing, or a hyphen and up to 30 lower-case letters, digits and hyphens."
  }
}

variable "versioned_buckets" {
  description = "Keep versions of objects."
  type        = bool
  default     = true
}

variable "access_logs" {
  description = "Let S3 log each access of the lake's buckets into the logs bucket."
  type        = bool
  default     = true
}

variable "retention_days" {
  description = "By layer: days after which objects expire. What is not named is kept."
  type        = map(number)
  default     = { staging = 30, quarantine = 365 }

  validation {
    condition     = !contains(keys(var.retention_days), "curated") && !contains(keys(var.retention_days), "scripts")
    error_message = "Files of curated tables are removed by Iceberg's own upkeep and scripts by people: retention by age would break tables and jobs."
  }
}

variable "protected" {
  description = "Refuse to delete data stores, and keep deleted secrets for a month. On in prod."
  type        = bool
}

variable "network" {
  description = "Addresses and zones of the network."
  type = object({
    cidr                = optional(string, "10.20.0.0/16")
    zones               = list(string)
    interface_endpoints = optional(set(string))
  })
}

variable "source_database" {
  description = "The RDS database that is read."
  type = object({
    instance_class = optional(string, "db.t4g.medium")
    storage_gb     = optional(number, 50)
    max_storage_gb = optional(number, 500)
    multi_az       = optional(bool, false)
    backup_days    = optional(number, 7)
    port           = optional(number, 3306)
    admin_username = optional(string, "admin")
  })
  default = {}
}

variable "warehouse" {
  description = "The Redshift warehouse: serverless or provisioned, and its size."
  type = object({
    kind           = string
    admin_username = optional(string, "admin")
    port           = optional(number, 5439)

    base_capacity     = optional(number, 8)
    max_capacity      = optional(number, 32)
    monthly_rpu_hours = optional(number)

    node_type       = optional(string, "ra3.large")
    number_of_nodes = optional(number, 1)
    working_hours   = optional(object({ pause = string, resume = string }))
  })

  validation {
    condition     = contains(["serverless", "provisioned"], var.warehouse.kind)
    error_message = "The warehouse is serverless or provisioned."
  }
}

variable "replication" {
  description = "Replication by DMS: size of the instance, seconds that changes may be late, certificates of who signs the source's server (without them the way to it is not encrypted), and whether the account's DMS roles are still to be made; null makes none of it."
  type = object({
    instance_class  = optional(string, "dms.t3.medium")
    storage_gb      = optional(number, 50)
    multi_az        = optional(bool, false)
    latency_seconds = optional(number, 300)
    certificate_pem = optional(string)
    account_roles   = optional(bool, true)
  })
  default = null
}

variable "larger_jobs" {
  description = "By job: another worker type or number of workers than deployment/jobs.json has."
  type = map(object({
    worker_type       = optional(string)
    number_of_workers = optional(number)
  }))
  default = {}
}

variable "library_arguments" {
  description = "Arguments by which every job finds the library's wheels and jars, as docs/glue-jobs.md has them; none where they are installed."
  type        = map(string)
  default     = {}
}

variable "function_packages" {
  description = "Folder with a zip file for each function of lambdas/."
  type        = string
}

variable "function_layers" {
  description = "Layers of the functions: Powertools."
  type        = list(string)
  default     = []
}

variable "driver_layers" {
  description = "Layers with PyMySQL and redshift_connector, for the function that rotates secrets."
  type        = list(string)
  default     = []
}

variable "rotation_days" {
  description = "Days after which the passwords of the source database and of the warehouse are changed; null leaves them to people."
  type        = number
  default     = null

  validation {
    condition     = var.rotation_days == null ? true : var.rotation_days >= 1 && var.rotation_days <= 1000
    error_message = "Secrets are rotated after 1 to 1000 days."
  }

  validation {
    condition     = var.rotation_days == null || !var.verified_connections || length(var.driver_layers) > 0
    error_message = "The function that rotates secrets needs the drivers of the servers: give driver_layers, or no rotation_days."
  }
}

variable "verified_connections" {
  description = "The rotation encrypts its connections and verifies the servers' certificates. Off only where servers and function are one machine."
  type        = bool
  default     = true
}

variable "schedule" {
  description = "When the daily batch starts, cron(…) in UTC, whose date is the batch's; null starts it by hand."
  type        = string
  default     = null
}

variable "emails" {
  description = "Who is told how batches end."
  type        = set(string)
  default     = []
}

variable "log_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 365
}

variable "monthly_usd" {
  description = "Budget in US dollars a month; null sets none."
  type        = number
  default     = null
}

variable "large_spark" {
  description = "Offer an EMR Serverless application, for the same entrypoints at a larger size."
  type        = bool
  default     = true
}

variable "lake_formation_admins" {
  description = "Principals that administer Lake Formation; none leaves the catalog to IAM alone."
  type        = set(string)
  default     = []
}
