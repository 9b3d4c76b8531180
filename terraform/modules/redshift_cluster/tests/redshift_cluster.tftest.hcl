mock_provider "aws" {}

variables {
  name          = "wholesale"
  database      = "warehouse"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  copy_role_arn = "arn:aws:iam::123456789012:role/wholesale-redshift"
  network       = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
}

run "the_cluster_is_private_encrypted_and_audited" {
  command = plan

  assert {
    condition = alltrue([
      tobool(aws_redshift_cluster.this.encrypted),
      !aws_redshift_cluster.this.publicly_accessible,
      aws_redshift_cluster.this.enhanced_vpc_routing,
      aws_redshift_cluster.this.manage_master_password,
      contains(aws_redshift_logging.this.log_exports, "useractivitylog"),
      alltrue([for log in aws_redshift_logging.this.log_exports : aws_cloudwatch_log_group.audit[log].kms_key_id == var.kms_key_arn]),
      anytrue([for parameter in aws_redshift_parameter_group.this.parameter : parameter.name == "require_ssl" && parameter.value == "true"]),
    ])
    error_message = "No public access, the platform's key, Redshift's own password rotation, audit log, TLS only."
  }
}

run "a_protected_cluster_leaves_a_last_snapshot" {
  command = plan

  assert {
    condition     = !aws_redshift_cluster.this.skip_final_snapshot && aws_redshift_cluster.this.final_snapshot_identifier == "wholesale-final"
    error_message = "Data of a protected cluster outlive it."
  }
}

run "working_hours_pause_and_resume_it" {
  command = plan

  variables {
    working_hours = { pause = "cron(0 19 ? * MON-FRI *)", resume = "cron(0 5 ? * MON-FRI *)" }
  }

  assert {
    condition     = aws_redshift_scheduled_action.pause[0].schedule == "cron(0 19 ? * MON-FRI *)" && aws_redshift_scheduled_action.resume[0].schedule == "cron(0 5 ? * MON-FRI *)"
    error_message = "Both schedules are set."
  }
}

run "nodes_of_the_old_kinds_are_refused" {
  command = plan

  variables {
    node_type = "dc2.large"
  }

  expect_failures = [var.node_type]
}
