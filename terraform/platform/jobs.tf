# The Glue jobs of deployment/jobs.json, each with a role of its own that is written out here.

locals {
  state = [for table in module.state_table : table.arn]

  # Read and written layers, secrets, and whether the job talks to the warehouse; all but migrate_redshift write the lake's catalog.
  access = {
    ingest_rds       = { read = [], write = ["landing", "quarantine", "curated", "logs"], secrets = ["rds"], warehouse = false }
    ingest_csv       = { read = ["landing"], write = ["quarantine", "curated", "logs"], secrets = [], warehouse = false }
    ingest_api       = { read = [], write = ["landing", "quarantine", "curated", "logs"], secrets = ["api"], warehouse = false }
    reconcile_keys   = { read = [], write = ["landing", "quarantine", "curated", "logs"], secrets = ["rds"], warehouse = false }
    build_dimensions = { read = ["landing"], write = ["quarantine", "curated", "logs"], secrets = [], warehouse = false }
    quality_gate     = { read = ["curated", "staging"], write = ["logs"], secrets = [], warehouse = false }
    build_facts      = { read = ["landing", "curated"], write = ["quarantine", "staging", "logs"], secrets = [], warehouse = true }
    load_redshift    = { read = ["curated"], write = ["staging", "logs"], secrets = [], warehouse = true }
    migrate_redshift = { read = [], write = [], secrets = [], warehouse = true }
    maintenance      = { read = [], write = ["landing", "quarantine", "curated", "staging", "logs"], secrets = [], warehouse = true }
  }

  bucket_arguments = { for layer, name in local.bucket_names : "--${layer}_bucket" => name }

  # deployment/jobs.json has this environment's names only by chance: an argument that names a bucket or the warehouse gets the real one.
  job_arguments = {
    for name, job in local.jobs : name => merge(
      { for argument, value in job.arguments : argument => lookup(local.bucket_arguments, argument, value) if argument != "--redshift_workgroup" },
      contains(keys(job.arguments), "--redshift_workgroup") ? local.warehouse_arguments : {},
      {
        "--datalake-formats"                 = "iceberg"
        "--enable-metrics"                   = "true"
        "--enable-continuous-cloudwatch-log" = "true"
      },
      var.library_arguments,
    )
  }

  # Jobs that read the database work inside the network; the others need no interface in it.
  connected = toset([for name, access in local.access : name if contains(access.secrets, "rds")])
}

module "connection" {
  source = "../modules/glue_connection"

  name        = "${var.name}-mysql"
  description = "The source database"
  jdbc_url    = module.source_database.jdbc_url
  secret_name = module.secret["rds"].name

  network = {
    subnet_id          = module.network.subnets[var.network.zones[0]]
    availability_zone  = var.network.zones[0]
    security_group_ids = [module.network.security_groups.jobs]
  }
}

module "job" {
  source   = "../modules/glue_job"
  for_each = local.jobs

  platform               = local.platform
  name                   = each.key
  scripts_bucket         = module.bucket["scripts"].name
  security_configuration = module.security.name
  connections            = contains(local.connected, each.key) ? [module.connection.name] : []

  job = {
    script              = each.value.script
    description         = each.value.description
    arguments           = local.job_arguments[each.key]
    worker_type         = coalesce(try(var.larger_jobs[each.key].worker_type, null), each.value.worker_type)
    number_of_workers   = coalesce(try(var.larger_jobs[each.key].number_of_workers, null), each.value.number_of_workers)
    timeout_minutes     = each.value.timeout_minutes
    max_concurrent_runs = each.value.max_concurrent_runs
  }

  access = {
    read_buckets  = [for layer in concat(local.access[each.key].read, ["scripts"]) : local.bucket_names[layer]]
    write_buckets = [for layer in local.access[each.key].write : local.bucket_names[layer]]
    databases     = each.key == "migrate_redshift" ? [] : ["curated"]
    secrets       = [for secret in local.access[each.key].secrets : module.secret[secret].arn]
    state_tables  = local.state
    warehouses    = local.access[each.key].warehouse ? [local.warehouse.arn] : []
  }

  depends_on = [module.scripts]
}

module "upkeep" {
  source = "../modules/glue_workflow"

  name        = "${var.name}-upkeep"
  description = "Upkeep of the lake, every night"
  schedule    = "cron(0 2 * * ? *)"
  first       = [{ job = module.job["maintenance"].name }]
  enabled     = var.schedule != null
}

module "large_spark" {
  source = "../modules/emr_serverless"
  count  = var.large_spark ? 1 : 0

  name    = var.name
  network = { subnet_ids = values(module.network.subnets), security_group_ids = [module.network.security_groups.jobs] }
}
