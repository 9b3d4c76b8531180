# The environment local: this machine. Every service is the local endpoint, and the keys are nobody's.

provider "aws" {
  region            = "us-east-1"
  access_key        = "local"
  secret_key        = "local"
  token             = ""
  s3_use_path_style = true

  shared_config_files      = []
  shared_credentials_files = []
  skip_metadata_api_check  = true
  skip_region_validation   = true
  max_retries              = 5

  default_tags {
    tags = { project = "wholesale", environment = "local" }
  }

  endpoints {
    athena             = var.endpoint_url
    budgets            = var.endpoint_url
    cloudtrail         = var.endpoint_url
    cloudwatch         = var.endpoint_url
    dms                = var.endpoint_url
    dynamodb           = var.endpoint_url
    ec2                = var.endpoint_url
    emrserverless      = var.endpoint_url
    events             = var.endpoint_url
    glue               = var.endpoint_url
    iam                = var.endpoint_url
    kms                = var.endpoint_url
    lakeformation      = var.endpoint_url
    lambda             = var.endpoint_url
    logs               = var.endpoint_url
    rds                = var.endpoint_url
    redshift           = var.endpoint_url
    redshiftserverless = var.endpoint_url
    s3                 = var.endpoint_url
    s3control          = var.endpoint_url
    scheduler          = var.endpoint_url
    secretsmanager     = var.endpoint_url
    sfn                = var.endpoint_url
    sns                = var.endpoint_url
    sts                = var.endpoint_url
  }
}

module "platform" {
  source = "../../platform"

  account_id        = "123456789012"
  region            = "us-east-1"
  folder            = "${path.root}/../../.."
  function_packages = var.function_packages
  protected         = false
  network           = { zones = ["us-east-1a", "us-east-1b", "us-east-1c"] }

  # The endpoint keeps one version of an object and writes no access log: it refuses to be told otherwise.
  versioned_buckets = false
  access_logs       = false

  # Instances are the engines of `etl up`, with their user and wherever they listen.
  source_database = { port = var.source_database_port, admin_username = "etl" }
  warehouse       = { kind = "serverless", port = var.warehouse_port, admin_username = "etl" }

  # The drivers are the ones that are installed here. Loopback is not encrypted: the MySQL-compatible server has no certificate at all.
  rotation_days        = 30
  verified_connections = false

  # The instance is this machine: no role lets DMS into a network. The engines' servers show no certificate that an authority signed.
  replication = { account_roles = false }
}
