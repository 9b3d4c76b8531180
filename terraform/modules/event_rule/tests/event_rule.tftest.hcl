mock_provider "aws" {}

variables {
  name         = "wholesale-daily"
  description  = "The daily batch"
  schedule     = "cron(0 4 * * ? *)"
  function_arn = "arn:aws:lambda:us-east-1:123456789012:function:wholesale-api-trigger"
}

run "a_schedule_calls_the_function_and_retries_for_an_hour" {
  command = plan

  assert {
    condition     = aws_cloudwatch_event_target.this.arn == var.function_arn && one(aws_cloudwatch_event_target.this.retry_policy).maximum_event_age_in_seconds == 3600
    error_message = "The rule calls the function."
  }
}

run "schedule_and_pattern_together_are_refused" {
  command = plan

  variables {
    pattern = "{\"source\": [\"aws.s3\"]}"
  }

  expect_failures = [aws_cloudwatch_event_rule.this]
}

run "a_time_of_day_is_no_schedule" {
  command = plan

  variables {
    schedule = "04:00"
  }

  expect_failures = [var.schedule]
}
