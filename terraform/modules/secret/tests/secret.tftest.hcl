mock_provider "aws" {
  mock_resource "aws_secretsmanager_secret" {
    defaults = {
      arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:wholesale/rds-AbCdEf"
    }
  }
}

variables {
  name        = "wholesale/rds"
  description = "The source database"
  account_id  = "123456789012"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "the_secret_is_encrypted_and_can_be_brought_back" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret.this.kms_key_id == var.kms_key_arn && aws_secretsmanager_secret.this.recovery_window_in_days == 30
    error_message = "A secret has the platform's key and a recovery window."
  }
}

run "other_accounts_are_denied" {
  command = apply

  assert {
    condition     = jsondecode(aws_secretsmanager_secret_policy.this.policy).Statement[0].Condition.StringNotEquals["aws:PrincipalAccount"] == var.account_id
    error_message = "The policy denies every principal of another account."
  }
}

run "a_name_that_looks_like_an_arns_ending_is_refused" {
  command = plan

  variables {
    name = "wholesale-secret"
  }

  expect_failures = [var.name]
}
