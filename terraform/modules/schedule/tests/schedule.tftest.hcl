mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/wholesale-schedule-daily"
    }
  }
}

variables {
  platform = {
    name        = "wholesale"
    account_id  = "123456789012"
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-2222-4333-8444-555555555555"
  }
  name         = "daily"
  description  = "The daily batch"
  expression   = "cron(0 4 * * ? *)"
  function_arn = "arn:aws:lambda:us-east-1:123456789012:function:wholesale-api-trigger"
  input        = "{\"time\": \"<aws.scheduler.scheduled-time>\"}"
}

run "the_role_calls_that_function_and_nothing_else" {
  command = apply

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement[0].Resource == [
      "arn:aws:lambda:us-east-1:123456789012:function:wholesale-api-trigger",
    ]
    error_message = "One function."
  }

  assert {
    condition     = aws_scheduler_schedule.this.schedule_expression_timezone == "UTC"
    error_message = "The schedule goes by the clock of the time that it hands over: elsewhere that may be of another day."
  }

  assert {
    condition     = aws_scheduler_schedule.this.name == "wholesale-daily" && aws_iam_role.this.name == "wholesale-schedule-daily"
    error_message = "The platform's name is in each name once."
  }
}

run "a_time_of_day_and_escaped_brackets_are_refused" {
  command = plan

  variables {
    expression = "04:00"
    input      = "{\"time\": \"\\u003caws.scheduler.scheduled-time\\u003e\"}"
  }

  expect_failures = [var.expression, var.input]
}
