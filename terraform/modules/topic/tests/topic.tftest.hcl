mock_provider "aws" {
  mock_resource "aws_sns_topic" {
    defaults = {
      arn = "arn:aws:sns:us-east-1:123456789012:wholesale-runs"
    }
  }
}

variables {
  name        = "wholesale-runs"
  account_id  = "123456789012"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  publishers  = ["cloudwatch.amazonaws.com"]
  emails      = ["team@example.com"]
}

run "messages_are_encrypted_and_services_publish_for_this_account_only" {
  command = apply

  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == var.kms_key_arn
    error_message = "Messages are encrypted."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement :
      statement.Condition.StringEquals["aws:SourceAccount"] == var.account_id if statement.Effect == "Allow"
    ])
    error_message = "A service publishes for this account only."
  }

  assert {
    condition     = aws_sns_topic_subscription.email["team@example.com"].protocol == "email"
    error_message = "Whoever is named is told."
  }
}

run "what_is_no_address_is_refused" {
  command = plan

  variables {
    emails = ["team"]
  }

  expect_failures = [var.emails]
}
