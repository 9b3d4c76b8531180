mock_provider "aws" {}

variables {
  name         = "wholesale-arrivals"
  description  = "A manifest arrived"
  pattern      = "{\"source\": [\"aws.s3\"]}"
  function_arn = "arn:aws:lambda:us-east-1:123456789012:function:wholesale-landing-validator"
}

run "a_rule_calls_the_function_and_retries_for_an_hour" {
  command = plan

  assert {
    condition     = aws_cloudwatch_event_target.this.arn == var.function_arn && one(aws_cloudwatch_event_target.this.retry_policy).maximum_event_age_in_seconds == 3600
    error_message = "The rule calls the function."
  }
}

run "a_pattern_that_is_no_json_is_refused" {
  command = plan

  variables {
    pattern = "aws.s3"
  }

  expect_failures = [var.pattern]
}
