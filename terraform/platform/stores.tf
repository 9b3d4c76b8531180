# Where data and state are kept beside the lake: the source database, the warehouse, secrets, the state table.

locals {
  secrets = {
    rds      = { name = "wholesale/rds", rotated = true, description = "Source database: engine, host, port, username, password, dbname. Put by people, then rotated" }
    api      = { name = "wholesale/api", rotated = false, description = "Source API: base_url and token. Put by people" }
    redshift = { name = "wholesale/redshift", rotated = true, description = "Warehouse: engine, host, port, username, password, dbname of the loading user. Put by people, then rotated" }
  }

  rotated = { for name, secret in local.secrets : name => module.secret[name].arn if secret.rotated }

  warehouse = var.warehouse.kind == "serverless" ? module.serverless_warehouse[0] : module.provisioned_warehouse[0]

  warehouse_arguments = var.warehouse.kind == "serverless" ? {
    "--redshift_workgroup" = module.serverless_warehouse[0].workgroup
    } : {
    "--redshift_cluster" = module.provisioned_warehouse[0].cluster
  }

  warehouse_network = { subnet_ids = values(module.network.subnets), security_group_ids = [module.network.security_groups.warehouse] }
}

module "secret" {
  source   = "../modules/secret"
  for_each = local.secrets

  name                    = each.value.name
  description             = each.value.description
  account_id              = var.account_id
  kms_key_arn             = module.key.arn
  recovery_window_in_days = var.protected ? 30 : 0
}

module "rotation" {
  source   = "../modules/secret_rotation"
  for_each = var.rotation_days == null ? {} : local.rotated

  secret_arn   = each.value
  function_arn = module.function["secret-rotation"].arn
  days         = var.rotation_days
}

module "state_table" {
  source   = "../modules/state_table"
  for_each = local.catalog.dynamodb_tables

  name                = each.key
  partition_key       = each.value.partition_key
  sort_key            = each.value.sort_key
  time_to_live        = each.value.time_to_live
  kms_key_arn         = module.key.arn
  deletion_protection = var.protected
}

module "source_database" {
  source = "../modules/rds_mysql"

  name                = var.name
  account_id          = var.account_id
  database            = "wholesale"
  admin_username      = var.source_database.admin_username
  instance_class      = var.source_database.instance_class
  storage_gb          = var.source_database.storage_gb
  max_storage_gb      = var.source_database.max_storage_gb
  multi_az            = var.source_database.multi_az
  backup_days         = var.source_database.backup_days
  port                = var.source_database.port
  kms_key_arn         = module.key.arn
  deletion_protection = var.protected
  network             = { subnet_ids = values(module.network.subnets), security_group_ids = [module.network.security_groups.database] }
}

module "copy_role" {
  source = "../modules/redshift_role"

  platform     = { name = var.name, account_id = var.account_id, kms_key_arn = module.key.arn }
  read_buckets = [module.bucket["staging"].name]
}

module "serverless_warehouse" {
  source = "../modules/redshift_serverless"
  count  = var.warehouse.kind == "serverless" ? 1 : 0

  name              = "wholesale"
  database          = "warehouse"
  admin_username    = var.warehouse.admin_username
  kms_key_arn       = module.key.arn
  copy_role_arn     = module.copy_role.arn
  base_capacity     = var.warehouse.base_capacity
  max_capacity      = var.warehouse.max_capacity
  monthly_rpu_hours = var.warehouse.monthly_rpu_hours
  log_days          = var.log_days
  port              = var.warehouse.port
  network           = local.warehouse_network
}

module "provisioned_warehouse" {
  source = "../modules/redshift_cluster"
  count  = var.warehouse.kind == "provisioned" ? 1 : 0

  name                = "wholesale"
  database            = "warehouse"
  admin_username      = var.warehouse.admin_username
  kms_key_arn         = module.key.arn
  copy_role_arn       = module.copy_role.arn
  node_type           = var.warehouse.node_type
  number_of_nodes     = var.warehouse.number_of_nodes
  working_hours       = var.warehouse.working_hours
  port                = var.warehouse.port
  deletion_protection = var.protected
  log_days            = var.log_days
  network             = local.warehouse_network
}
