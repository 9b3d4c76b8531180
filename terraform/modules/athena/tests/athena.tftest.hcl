mock_provider "aws" {}

variables {
  name        = "wholesale"
  description = "Analysts"
  results     = { bucket = "wholesale-logs" }
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "nobody_can_set_the_workgroups_limits_aside" {
  command = plan

  assert {
    condition     = one(aws_athena_workgroup.this.configuration).enforce_workgroup_configuration && one(aws_athena_workgroup.this.configuration).bytes_scanned_cutoff_per_query == 107374182400
    error_message = "The workgroup's configuration counts, with its limit in bytes."
  }

  assert {
    condition     = one(one(one(aws_athena_workgroup.this.configuration).result_configuration).encryption_configuration).encryption_option == "SSE_KMS"
    error_message = "Results are encrypted with the key."
  }
}

run "no_limit_is_refused" {
  command = plan

  variables {
    scan_limit_gb = 0
  }

  expect_failures = [var.scan_limit_gb]
}
