# The whole platform of both scenarios, once. What a deployment is comes from the data files of deployment/ and crawlers/;
# environments say names and sizes. This file has what all parts share.

locals {
  buckets  = jsondecode(file("${var.folder}/deployment/buckets.json"))
  catalog  = jsondecode(file("${var.folder}/deployment/catalog.json"))
  jobs     = jsondecode(file("${var.folder}/deployment/jobs.json"))
  pipeline = jsondecode(file("${var.folder}/deployment/pipeline.json"))
  crawlers = { for file in fileset("${var.folder}/crawlers", "*.json") : trimsuffix(file, ".json") => jsondecode(file("${var.folder}/crawlers/${file}")) }

  platform = {
    name        = var.name
    account_id  = var.account_id
    region      = var.region
    kms_key_arn = module.key.arn
  }

  bucket_names = { for layer, bucket in local.buckets : layer => "${bucket.name}${var.bucket_suffix}" }
}

module "key" {
  source = "../modules/kms_key"

  name        = var.name
  description = "Data, logs, messages and secrets of ${var.name}"
  account_id  = var.account_id
  region      = var.region

  services = [
    "cloudtrail.amazonaws.com", "cloudwatch.amazonaws.com", "dms.amazonaws.com", "events.amazonaws.com", "logs.${var.region}.amazonaws.com",
    "budgets.amazonaws.com",
  ]
}

module "network" {
  source = "../modules/network"

  name                = var.name
  account_id          = var.account_id
  region              = var.region
  cidr                = var.network.cidr
  zones               = var.network.zones
  interface_endpoints = coalesce(var.network.interface_endpoints, ["glue", "kms", "logs", "monitoring", "redshift-data", "secretsmanager", "sts"])
  ports               = { database = var.source_database.port, warehouse = var.warehouse.port }
  kms_key_arn         = module.key.arn
  log_days            = var.log_days
}

module "topic" {
  source = "../modules/topic"

  name        = "${var.name}-runs"
  account_id  = var.account_id
  kms_key_arn = module.key.arn
  publishers  = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "dms.amazonaws.com"]
  emails      = var.emails
}

module "budget" {
  source = "../modules/budget"
  count  = var.monthly_usd == null ? 0 : 1

  name        = var.name
  monthly_usd = var.monthly_usd
  tag         = { key = "project", value = var.name }
  topic_arn   = module.topic.arn
}
