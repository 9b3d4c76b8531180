mock_provider "aws" {}

variables {
  platform = {
    name        = "wholesale"
    account_id  = "123456789012"
    region      = "us-east-1"
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }
  name          = "analyst"
  description   = "Analysts"
  workgroup_arn = "arn:aws:athena:us-east-1:123456789012:workgroup/wholesale"
  databases     = ["curated"]
  results       = { bucket = "wholesale-logs" }
}

run "a_reader_has_no_bucket_but_that_of_the_results" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement :
      [for resource in statement.Resource : resource if startswith(resource, "arn:aws:s3:::")]
    ])) == toset(["arn:aws:s3:::wholesale-logs", "arn:aws:s3:::wholesale-logs/athena/*"])
    error_message = "Data of the lake come by Lake Formation, not by a bucket's policy."
  }
}

run "a_reader_without_a_database_is_refused" {
  command = plan

  variables {
    databases = []
  }

  expect_failures = [var.databases]
}
