# Replication from the source database by DMS, as the files of dms/ say. It costs by the hour, so that an environment asks for it.

locals {
  replicated = jsondecode(file("${var.folder}/dms/endpoint_settings.json"))

  replication_targets = {
    for name, target in local.replicated.targets : name => {
      engine_name      = target.engine_name
      database         = try(target.database, null)
      secret_arn       = can(target.secret) ? module.secret[target.secret].arn : null
      bucket           = module.bucket[target.bucket].name
      folder           = target.folder
      data_format      = try(target.data_format, null)
      timestamp_column = try(target.timestamp_column, null)
    }
  }
}

module "dms" {
  source = "../modules/dms"
  count  = var.replication == null ? 0 : 1

  platform        = local.platform
  instance        = { class = var.replication.instance_class, storage_gb = var.replication.storage_gb, multi_az = var.replication.multi_az }
  network         = { subnet_ids = values(module.network.subnets), security_group_ids = [module.network.security_groups.replication] }
  targets         = local.replication_targets
  tasks           = local.replicated.tasks
  table_mappings  = file("${var.folder}/dms/table_mappings.json")
  task_settings   = file("${var.folder}/dms/task_settings.json")
  topic_arn       = module.topic.arn
  latency_seconds = var.replication.latency_seconds
  account_roles   = var.replication.account_roles
  log_days        = var.log_days

  source_endpoint = {
    engine_name     = local.replicated.source.engine_name
    secret_arn      = module.secret[local.replicated.source.secret].arn
    certificate_pem = var.replication.certificate_pem
  }
}
