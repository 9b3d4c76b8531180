mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/wholesale-states"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = {
      arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/states/wholesale_batch"
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
  name            = "wholesale_batch"
  definition      = "{\"StartAt\": \"Done\", \"States\": {\"Done\": {\"Type\": \"Succeed\"}}}"
  jobs            = ["ingest_csv", "load_redshift"]
  state_table_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/etl-state"
  topic_arn       = "arn:aws:sns:us-east-1:123456789012:wholesale-runs"
}

run "the_role_starts_the_jobs_that_are_named_and_no_others" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "RunJobs"
      ])) == toset([
      "arn:aws:glue:us-east-1:123456789012:job/ingest_csv", "arn:aws:glue:us-east-1:123456789012:job/load_redshift",
    ])
    error_message = "No other job is in the policy."
  }
}

run "inputs_of_steps_stay_out_of_the_log" {
  command = apply

  assert {
    condition     = !one(aws_sfn_state_machine.this.logging_configuration).include_execution_data
    error_message = "Execution data are not logged."
  }
}

run "a_placeholder_that_is_left_is_refused" {
  command = plan

  variables {
    definition = "{\"StartAt\": \"Done\", \"States\": {\"Done\": {\"Type\": \"Succeed\", \"Comment\": \"$${topic}\"}}}"
  }

  expect_failures = [var.definition]
}
