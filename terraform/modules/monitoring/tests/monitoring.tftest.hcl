mock_provider "aws" {}

variables {
  platform = {
    name        = "wholesale"
    account_id  = "123456789012"
    region      = "us-east-1"
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }
  state_machine_arn = "arn:aws:states:us-east-1:123456789012:stateMachine:wholesale_batch"
  jobs              = ["ingest_csv"]
  functions         = { run_notifier = "wholesale-run-notifier" }
  topic_arn         = "arn:aws:sns:us-east-1:123456789012:wholesale-runs"
}

run "every_alarm_says_what_to_do_and_tells_the_topic" {
  command = plan

  assert {
    condition = alltrue([
      for alarm in concat([aws_cloudwatch_metric_alarm.pipeline_failed, aws_cloudwatch_metric_alarm.pipeline_slow], values(aws_cloudwatch_metric_alarm.functions)) :
      length(alarm.alarm_description) > 20 && contains(alarm.alarm_actions, var.topic_arn)
    ])
    error_message = "An alarm nobody hears is none."
  }
}

run "logs_of_jobs_are_kept_and_encrypted" {
  command = plan

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.jobs : group.retention_in_days == 365 && group.kms_key_id == var.platform.kms_key_arn])
    error_message = "Each group has retention and the key."
  }
}

run "a_retention_that_cloudwatch_does_not_know_is_refused" {
  command = plan

  variables {
    log_days = 100
  }

  expect_failures = [var.log_days]
}
