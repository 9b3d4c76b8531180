mock_provider "aws" {}

variables {
  platform = {
    name        = "wholesale"
    account_id  = "123456789012"
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }
  read_buckets = ["wholesale-staging"]
}

run "the_role_reads_what_is_staged_and_writes_nothing" {
  command = plan

  assert {
    condition = alltrue([
      for action in flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action]) :
      can(regex("^(s3|kms):(Get|List|Decrypt|Describe)", action))
    ])
    error_message = "COPY only reads."
  }
}

run "a_role_that_reads_nothing_is_refused" {
  command = plan

  variables {
    read_buckets = []
  }

  expect_failures = [var.read_buckets]
}
