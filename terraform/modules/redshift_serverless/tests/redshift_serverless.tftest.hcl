mock_provider "aws" {}

variables {
  name          = "wholesale"
  database      = "warehouse"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  copy_role_arn = "arn:aws:iam::123456789012:role/wholesale-redshift"
  network       = { subnet_ids = ["subnet-1", "subnet-2", "subnet-3"], security_group_ids = ["sg-1"] }
}

run "the_warehouse_is_private_encrypted_and_logged" {
  command = plan

  assert {
    condition = alltrue([
      !aws_redshiftserverless_workgroup.this.publicly_accessible,
      aws_redshiftserverless_workgroup.this.enhanced_vpc_routing,
      aws_redshiftserverless_namespace.this.kms_key_id == var.kms_key_arn,
      aws_redshiftserverless_namespace.this.manage_admin_password,
      contains(aws_redshiftserverless_namespace.this.log_exports, "useractivitylog"),
      alltrue([for log in aws_redshiftserverless_namespace.this.log_exports : aws_cloudwatch_log_group.audit[log].kms_key_id == var.kms_key_arn]),
      anytrue([for parameter in aws_redshiftserverless_workgroup.this.config_parameter : parameter.parameter_key == "require_ssl" && parameter.parameter_value == "true"]),
    ])
    error_message = "No public access, the platform's key, Redshift's own password rotation, audit logs, TLS only."
  }
}

run "a_limit_ends_the_months_computing" {
  command = plan

  variables {
    monthly_rpu_hours = 100
  }

  assert {
    condition     = aws_redshiftserverless_usage_limit.this[0].breach_action == "deactivate"
    error_message = "A limit that only logs is no limit."
  }
}

run "a_greatest_capacity_below_the_base_is_refused" {
  command = plan

  variables {
    base_capacity = 64
  }

  expect_failures = [var.max_capacity]
}

run "a_capacity_that_redshift_does_not_have_is_refused" {
  command = plan

  variables {
    base_capacity = 12
  }

  expect_failures = [var.base_capacity]
}
