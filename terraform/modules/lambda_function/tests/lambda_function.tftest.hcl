mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/wholesale-lambda-run-notifier"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = {
      arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/wholesale-run-notifier"
    }
  }
}

variables {
  platform = {
    name        = "wholesale"
    account_id  = "123456789012"
    region      = "us-east-1"
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }
  name        = "run-notifier"
  description = "Tells people how a run ended"
  package     = "./main.tf" # any file: its hash is taken, nothing is run
  statements  = [{ sid = "Publish", actions = ["sns:Publish"], resources = ["arn:aws:sns:us-east-1:123456789012:wholesale-runs"] }]
}

run "the_function_has_a_log_group_with_retention_and_a_role_of_its_own" {
  command = apply

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 365 && aws_cloudwatch_log_group.this.kms_key_id == var.platform.kms_key_arn
    error_message = "The log is kept for a year, encrypted."
  }

  assert {
    condition     = contains(flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action]), "sns:Publish")
    error_message = "The role may do what was given."
  }
}

run "a_function_that_reaches_servers_is_in_the_network" {
  command = apply

  variables {
    network = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = one(aws_lambda_function.this.vpc_config).security_group_ids == toset(["sg-1"])
    error_message = "The function has the group's interfaces."
  }

  assert {
    condition     = alltrue([for action in ["Create", "Delete"] : contains(flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Action if statement.Resource == ["*"]]), "ec2:${action}NetworkInterface")])
    error_message = "Lambda may make and delete its interfaces, on everything: it asks so."
  }
}

run "a_wildcard_action_is_refused" {
  command = plan

  variables {
    statements = [{ sid = "All", actions = ["sns:*"], resources = ["*"] }]
  }

  expect_failures = [var.statements]
}

run "a_password_in_the_environment_is_refused" {
  command = plan

  variables {
    environment = { DB_PASSWORD = "x" }
  }

  expect_failures = [var.environment]
}
