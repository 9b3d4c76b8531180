# The environment dev: an account of its own on AWS.

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = { project = "wholesale", environment = "dev" }
  }
}

module "platform" {
  source = "../../platform"

  account_id        = var.account_id
  region            = var.region
  folder            = "${path.root}/../../.."
  bucket_suffix     = "-dev-${var.account_id}"
  emails            = var.emails
  function_packages = var.function_packages
  function_layers   = var.function_layers
  driver_layers     = var.driver_layers
  rotation_days     = var.rotation_days
  library_arguments = var.library_arguments

  lake_formation_admins = var.lake_formation_admins
  network               = { zones = [for letter in ["a", "b", "c"] : "${var.region}${letter}"] }

  protected   = false
  log_days    = 30
  monthly_usd = 150

  # Paid by the second while queries run, nothing in between.
  warehouse = { kind = "serverless", base_capacity = 8, max_capacity = 16, monthly_rpu_hours = 60 }

  replication = var.database_certificates == null ? null : { certificate_pem = file(var.database_certificates) }
}
