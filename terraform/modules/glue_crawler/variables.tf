variable "platform" {
  description = "Where the crawler runs: name prefix of roles, account, region, partition, and the key of the data."
  type = object({
    name        = string
    account_id  = string
    region      = string
    partition   = optional(string, "aws")
    kms_key_arn = string
  })
}

variable "name" {
  description = "Name of the crawler."
  type        = string
}

variable "description" {
  description = "What is crawled, and what for."
  type        = string
}

variable "database" {
  description = "Catalog database of the tables."
  type        = string
}

variable "table_prefix" {
  description = "Beginning of the tables' names."
  type        = string
  default     = ""
}

variable "s3_targets" {
  description = "Folders in S3, and glob patterns of what to leave out."
  type = list(object({
    path       = string
    exclusions = optional(list(string), [])
  }))

  validation {
    condition     = length(var.s3_targets) > 0 && alltrue([for target in var.s3_targets : can(regex("^s3://[^/]+/", target.path))])
    error_message = "There is at least one target, each s3://bucket/folder."
  }
}

variable "schedule" {
  description = "cron(…) in UTC; null runs on demand."
  type        = string
  default     = null

  validation {
    condition     = var.schedule == null ? true : can(regex("^cron\\(.+\\)$", var.schedule))
    error_message = "A crawler's schedule is cron(…)."
  }
}

variable "schema_change" {
  description = "What becomes of tables whose files changed or went."
  type = object({
    update = optional(string, "UPDATE_IN_DATABASE")
    delete = optional(string, "LOG")
  })
  default = {}

  validation {
    condition     = contains(["LOG", "UPDATE_IN_DATABASE"], var.schema_change.update) && contains(["LOG", "DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE"], var.schema_change.delete)
    error_message = "update is LOG or UPDATE_IN_DATABASE; delete is LOG, DELETE_FROM_DATABASE or DEPRECATE_IN_DATABASE."
  }
}

variable "recrawl" {
  description = "Crawl everything again, or new folders only."
  type        = string
  default     = "CRAWL_EVERYTHING"

  validation {
    condition     = contains(["CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY"], var.recrawl)
    error_message = "recrawl is CRAWL_EVERYTHING or CRAWL_NEW_FOLDERS_ONLY."
  }

  validation {
    condition     = var.recrawl == "CRAWL_EVERYTHING" || (var.schema_change.update == "LOG" && var.schema_change.delete == "LOG")
    error_message = "With CRAWL_NEW_FOLDERS_ONLY Glue takes only LOG for both kinds of schema change."
  }
}

variable "configuration" {
  description = "The crawler's output configuration, as Glue's page \"Setting crawler configuration options\" has it."
  type = object({
    Version = optional(number, 1)
    Grouping = optional(object({
      TableGroupingPolicy     = optional(string)
      TableLevelConfiguration = optional(number)
    }))
    CrawlerOutput = optional(object({
      Partitions = optional(object({ AddOrUpdateBehavior = string }))
      Tables     = optional(object({ AddOrUpdateBehavior = string }))
    }))
  })
  default = null
}

variable "security_configuration" {
  description = "Security configuration of the crawler's logs."
  type        = string
  default     = null
}
