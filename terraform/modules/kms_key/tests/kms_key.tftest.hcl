mock_provider "aws" {}

variables {
  name        = "wholesale"
  description = "The lake"
  account_id  = "123456789012"
  region      = "us-east-1"
  services    = ["logs.us-east-1.amazonaws.com", "sns.amazonaws.com"]
}

run "the_key_is_rotated_and_no_statement_has_a_wildcard_action" {
  command = plan

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "A key of the platform is rotated."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key.this.policy).Statement :
      alltrue([for action in flatten([statement.Action]) : !strcontains(action, "*")])
    ])
    error_message = "Actions are written out."
  }
}

run "a_service_uses_the_key_for_this_account_only" {
  command = plan

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key.this.policy).Statement :
      can(statement.Condition) if can(statement.Principal.Service)
    ])
    error_message = "A service principal without a condition would let other accounts use the key by that service."
  }
}

run "an_alias_of_amazon_is_refused" {
  command = plan

  variables {
    name = "aws/s3"
  }

  expect_failures = [var.name]
}
