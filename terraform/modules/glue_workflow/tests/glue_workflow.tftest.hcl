mock_provider "aws" {}

variables {
  name        = "wholesale-upkeep"
  description = "Upkeep of the lake"
  first       = [{ job = "maintenance" }]
}

run "without_a_schedule_it_starts_on_demand" {
  command = plan

  assert {
    condition     = aws_glue_trigger.start.type == "ON_DEMAND" && aws_glue_trigger.start.schedule == null
    error_message = "Nothing starts by itself that has no schedule."
  }
}

run "a_later_job_waits_for_all_before_it" {
  command = plan

  variables {
    schedule = "cron(0 3 * * ? *)"
    after    = { quality = { succeeded = ["maintenance", "reconcile_keys"], start = [{ job = "quality_gate" }] } }
  }

  assert {
    condition     = aws_glue_trigger.start.type == "SCHEDULED" && one(aws_glue_trigger.after["quality"].predicate).logical == "AND"
    error_message = "The schedule starts the first job, and all must succeed before the next."
  }
}

run "a_rate_is_refused" {
  command = plan

  variables {
    schedule = "rate(1 day)"
  }

  expect_failures = [var.schedule]
}
