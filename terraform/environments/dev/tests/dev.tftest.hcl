mock_provider "aws" {
  source = "../../mocks"
}

variables {
  account_id            = "123456789012"
  function_packages     = "./packages"
  database_certificates = "./packages/bundle.pem"
  lake_formation_admins = ["arn:aws:iam::123456789012:role/admin"]
  driver_layers         = ["arn:aws:lambda:us-east-1:336392948345:layer:AWSSDKPandas-Python311:1"]
  rotation_days         = 30
}

run "dev_is_serverless_and_can_be_thrown_away" {
  command = apply

  assert {
    condition     = module.platform.buckets["landing"] == "wholesale-landing-dev-123456789012"
    error_message = "Buckets have the environment and the account in their names."
  }

  assert {
    condition     = length(module.platform.jobs) == 10 && length(module.platform.functions) == 4
    error_message = "All jobs and functions are planned."
  }

  assert {
    condition     = toset(keys(module.platform.replication_tasks)) == toset(["orders-to-lake", "orders-to-warehouse"])
    error_message = "The tasks of dms/ are planned."
  }
}
