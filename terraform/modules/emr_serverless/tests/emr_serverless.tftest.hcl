mock_provider "aws" {}

variables {
  name    = "wholesale"
  network = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
}

run "the_application_stops_by_itself_and_has_a_limit" {
  command = plan

  assert {
    condition     = one(aws_emrserverless_application.this.auto_stop_configuration).enabled && one(aws_emrserverless_application.this.maximum_capacity).cpu == "100 vCPU"
    error_message = "Idle time and size are bounded."
  }
}

run "an_hour_of_idleness_and_more_is_refused" {
  command = plan

  variables {
    idle_minutes = 90
  }

  expect_failures = [var.idle_minutes]
}
