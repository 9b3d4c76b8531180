# The lake: a bucket for each layer, the catalog, who crawls, who queries, and who sees what.

module "bucket" {
  source   = "../modules/bucket"
  for_each = local.buckets

  name               = local.bucket_names[each.key]
  kms_key_arn        = module.key.arn
  versioning         = var.versioned_buckets
  retention          = { current_days = lookup(var.retention_days, each.key, null) }
  access_logs        = var.access_logs && each.key != "logs" ? { bucket = local.bucket_names.logs } : null
  notify_eventbridge = each.key == "landing"
  force_destroy      = !var.protected

  service_statements = each.key != "logs" ? [] : concat(local.trail_statements, !var.access_logs ? [] : [
    { sid = "AccessLogs", service = "logging.s3.amazonaws.com", actions = ["s3:PutObject"], suffixes = ["/s3-access/*"], account_id = var.account_id },
  ])
}

locals {
  trail_statements = [
    { sid = "TrailLooks", service = "cloudtrail.amazonaws.com", actions = ["s3:GetBucketAcl"], suffixes = [""], account_id = var.account_id },
    { sid = "TrailWrites", service = "cloudtrail.amazonaws.com", actions = ["s3:PutObject"], suffixes = ["/cloudtrail/AWSLogs/${var.account_id}/*"], account_id = var.account_id },
  ]
}

module "scripts" {
  source = "../modules/scripts"

  bucket = module.bucket["scripts"].name
  folder = var.folder
  files  = setunion(fileset(var.folder, "glue_jobs/*.py"), fileset(var.folder, "sql/redshift/**/*.sql"))
}

module "security" {
  source = "../modules/glue_security"

  name        = var.name
  kms_key_arn = module.key.arn
}

module "catalog" {
  source = "../modules/glue_catalog"

  databases = {
    for name, database in local.catalog.databases : name => { description = database.description, bucket = module.bucket[database.bucket].name }
  }
}

# Files are called <database>.<table>.dqdl.
module "quality" {
  source   = "../modules/quality_ruleset"
  for_each = fileset("${var.folder}/deployment/rulesets", "*.dqdl")

  table = { database = split(".", each.key)[0], name = split(".", each.key)[1] }
  rules = file("${var.folder}/deployment/rulesets/${each.key}")

  depends_on = [module.catalog]
}

# Files are called <source>.avsc.
module "schemas" {
  source = "../modules/schema_registry"

  name          = local.catalog.schema_registry.name
  description   = local.catalog.schema_registry.description
  compatibility = local.catalog.schema_registry.compatibility
  schemas       = { for name in fileset("${var.folder}/deployment/schemas", "*.avsc") : trimsuffix(name, ".avsc") => file("${var.folder}/deployment/schemas/${name}") }
}

module "crawler" {
  source   = "../modules/glue_crawler"
  for_each = local.crawlers

  platform     = local.platform
  name         = each.key
  description  = each.value.description
  database     = each.value.database
  table_prefix = each.value.table_prefix

  s3_targets = [
    for target in each.value.s3_targets : { path = "s3://${local.bucket_names[target.bucket]}/${target.prefix}", exclusions = each.value.exclusions }
  ]

  schedule               = lookup(each.value, "schedule", null)
  schema_change          = each.value.schema_change
  recrawl                = each.value.recrawl
  configuration          = each.value.configuration
  security_configuration = module.security.name

  depends_on = [module.catalog]
}

module "athena" {
  source = "../modules/athena"

  name          = var.name
  description   = "Queries of people on the lake"
  results       = { bucket = module.bucket["logs"].name }
  kms_key_arn   = module.key.arn
  force_destroy = !var.protected

  queries = {
    newest_batches = {
      description = "How many rows each batch brought"
      database    = "curated"
      sql         = "SELECT batch_id, COUNT(*) AS rows FROM order_line GROUP BY batch_id ORDER BY batch_id DESC LIMIT 20"
    }
  }
}

module "trail" {
  source = "../modules/audit_trail"

  name             = var.name
  bucket           = module.bucket["logs"].name
  kms_key_arn      = module.key.arn
  data_bucket_arns = [for layer in ["landing", "curated", "quarantine", "staging"] : module.bucket[layer].arn]
}
