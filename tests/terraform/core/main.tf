# The parts of the platform that are made in seconds, on the local endpoint: what a test applies, plans again and destroys. Buckets and
# the source database, which the provider watches for a minute each, are in the whole platform's test.

variable "endpoint_url" {
  type = string
}

variable "warehouse_port" {
  type = number
}

variable "folder" {
  type = string
}

variable "schedule" {
  type    = string
  default = "cron(0 1 * * ? *)"
}

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

provider "aws" {
  region                   = "us-east-1"
  access_key               = "local"
  secret_key               = "local"
  shared_config_files      = []
  shared_credentials_files = []
  skip_metadata_api_check  = true
  max_retries              = 5

  endpoints {
    athena             = var.endpoint_url
    cloudwatch         = var.endpoint_url
    dynamodb           = var.endpoint_url
    events             = var.endpoint_url
    glue               = var.endpoint_url
    iam                = var.endpoint_url
    kms                = var.endpoint_url
    lambda             = var.endpoint_url
    logs               = var.endpoint_url
    redshiftserverless = var.endpoint_url
    scheduler          = var.endpoint_url
    secretsmanager     = var.endpoint_url
    sfn                = var.endpoint_url
    sns                = var.endpoint_url
    sts                = var.endpoint_url
  }
}

locals {
  jobs     = jsondecode(file("${var.folder}/deployment/jobs.json"))
  platform = { name = "core", account_id = "123456789012", region = "us-east-1", kms_key_arn = module.key.arn }
}

module "key" {
  source = "../../modules/kms_key"

  name        = "core"
  description = "A test's"
  account_id  = "123456789012"
  region      = "us-east-1"
  services    = ["logs.us-east-1.amazonaws.com"]
}

module "secret" {
  source = "../../modules/secret"

  name                    = "wholesale/rds"
  description             = "The source database"
  account_id              = "123456789012"
  kms_key_arn             = module.key.arn
  recovery_window_in_days = 0
}

module "rotation" {
  source = "../../modules/secret_rotation"

  secret_arn   = module.secret.arn
  function_arn = module.rotating.arn
  days         = 7
}

module "rotating" {
  source = "../../modules/lambda_function"

  platform    = local.platform
  name        = "secret-rotation"
  description = "New passwords"
  package     = "${path.module}/secret_rotation.zip"
  callers     = { rds = { service = "secretsmanager.amazonaws.com", source_arn = module.secret.arn } }
  statements  = [{ sid = "Rotate", actions = ["secretsmanager:DescribeSecret"], resources = [module.secret.arn] }]
  network     = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
}

module "state_table" {
  source = "../../modules/state_table"

  name                = "etl-state"
  partition_key       = "pk"
  sort_key            = "sk"
  time_to_live        = "expires_at"
  kms_key_arn         = module.key.arn
  deletion_protection = false
}

module "topic" {
  source = "../../modules/topic"

  name        = "core-runs"
  account_id  = "123456789012"
  kms_key_arn = module.key.arn
  publishers  = ["cloudwatch.amazonaws.com"]
  emails      = ["team@example.com"]
}

module "security" {
  source = "../../modules/glue_security"

  name        = "core"
  kms_key_arn = module.key.arn
}

module "catalog" {
  source = "../../modules/glue_catalog"

  databases = { curated = { description = "Typed tables", bucket = "wholesale-curated" } }
}

module "quality" {
  source = "../../modules/quality_ruleset"

  table = { database = "curated", name = "orders" }
  rules = file("${var.folder}/deployment/rulesets/curated.orders.dqdl")
}

module "schemas" {
  source = "../../modules/schema_registry"

  name        = "core-sources"
  description = "What sources send"
  schemas     = { orders = file("${var.folder}/deployment/schemas/orders.avsc") }
}

module "connection" {
  source = "../../modules/glue_connection"

  name        = "core-mysql"
  description = "The source database"
  jdbc_url    = "jdbc:mysql://127.0.0.1:3306/wholesale"
  secret_name = module.secret.name
}

module "job" {
  source = "../../modules/glue_job"

  platform               = local.platform
  name                   = "ingest_rds"
  scripts_bucket         = "wholesale-scripts"
  security_configuration = module.security.name
  connections            = [module.connection.name]
  job                    = local.jobs["ingest_rds"]
  access                 = { read_buckets = ["wholesale-scripts"], secrets = [module.secret.arn], warehouses = [module.warehouse.arn] }
}

module "workflow" {
  source = "../../modules/glue_workflow"

  name        = "core-upkeep"
  description = "Upkeep"
  schedule    = var.schedule
  first       = [{ job = module.job.name }]
  enabled     = false
}

module "daily" {
  source = "../../modules/schedule"

  platform     = { name = "core", account_id = "123456789012", kms_key_arn = module.key.arn }
  name         = "daily"
  description  = "Every day"
  expression   = "cron(0 4 * * ? *)"
  function_arn = "arn:aws:lambda:us-east-1:123456789012:function:core"
  input        = "{\"time\": \"<aws.scheduler.scheduled-time>\"}"
}

module "copy_role" {
  source = "../../modules/redshift_role"

  platform     = { name = "core", account_id = "123456789012", kms_key_arn = module.key.arn }
  read_buckets = ["wholesale-staging"]
}

module "warehouse" {
  source = "../../modules/redshift_serverless"

  name           = "wholesale"
  database       = "warehouse"
  admin_username = "etl"
  kms_key_arn    = module.key.arn
  copy_role_arn  = module.copy_role.arn
  port           = var.warehouse_port
  network        = { subnet_ids = ["subnet-1", "subnet-2", "subnet-3"], security_group_ids = ["sg-1"] }
}

module "athena" {
  source = "../../modules/athena"

  name        = "core"
  description = "Analysts"
  results     = { bucket = "wholesale-logs" }
  kms_key_arn = module.key.arn
  queries     = { one = { description = "One", database = "curated", sql = "SELECT 1" } }
}

module "pipeline" {
  source = "../../modules/state_machine"

  platform        = local.platform
  name            = "wholesale_batch"
  jobs            = [module.job.name]
  state_table_arn = module.state_table.arn
  topic_arn       = module.topic.arn

  definition = templatefile("${var.folder}/pipelines/wholesale_batch.asl.json", {
    topic_arn   = module.topic.arn
    state_table = module.state_table.name
  })
}

module "monitoring" {
  source = "../../modules/monitoring"

  platform          = local.platform
  state_machine_arn = module.pipeline.arn
  jobs              = [module.job.name]
  topic_arn         = module.topic.arn
}

output "warehouse" {
  value = module.warehouse.address
}
