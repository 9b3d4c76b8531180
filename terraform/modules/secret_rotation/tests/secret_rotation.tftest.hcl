mock_provider "aws" {}

variables {
  secret_arn   = "arn:aws:secretsmanager:us-east-1:123456789012:secret:wholesale/rds-AbCdEf"
  function_arn = "arn:aws:lambda:us-east-1:123456789012:function:rotate"
}

run "rotation_waits_for_a_first_value" {
  command = plan

  assert {
    condition     = !aws_secretsmanager_secret_rotation.this.rotate_immediately && one(aws_secretsmanager_secret_rotation.this.rotation_rules).automatically_after_days == 30
    error_message = "Rotation is every 30 days, and not at once."
  }
}

run "every_moment_is_refused" {
  command = plan

  variables {
    days = 0
  }

  expect_failures = [var.days]
}
