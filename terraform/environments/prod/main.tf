# The environment prod: an account of its own on AWS.

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = { project = "wholesale", environment = "prod" }
  }
}

module "platform" {
  source = "../../platform"

  account_id        = var.account_id
  region            = var.region
  folder            = "${path.root}/../../.."
  bucket_suffix     = "-prod-${var.account_id}"
  emails            = var.emails
  function_packages = var.function_packages
  function_layers   = var.function_layers
  driver_layers     = var.driver_layers
  rotation_days     = var.rotation_days
  library_arguments = var.library_arguments

  lake_formation_admins = var.lake_formation_admins
  network               = { zones = [for letter in ["a", "b", "c"] : "${var.region}${letter}"] }

  protected   = true
  schedule    = "cron(0 4 * * ? *)"
  monthly_usd = 1500

  source_database = { instance_class = "db.r7g.large", multi_az = true, backup_days = 14 }
  warehouse       = { kind = "provisioned", node_type = "ra3.xlplus", number_of_nodes = 2 }
  larger_jobs     = { build_facts = { worker_type = "G.2X", number_of_workers = 10 }, ingest_rds = { number_of_workers = 8 } }

  replication = var.database_certificates == null ? null : { certificate_pem = file(var.database_certificates), instance_class = "dms.r6i.large", multi_az = true }
}
