mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/wholesale-rds-monitoring"
    }
  }
}

variables {
  name        = "wholesale"
  account_id  = "123456789012"
  database    = "wholesale"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  network     = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
}

run "changes_can_be_captured" {
  command = plan

  assert {
    condition = anytrue([for parameter in aws_db_parameter_group.this.parameter : parameter.name == "binlog_format" && parameter.value == "ROW"]) && (
      aws_db_instance.this.backup_retention_period >= 1
    )
    error_message = "Rows are in the binary log, and backups let there be one."
  }
}

run "the_database_is_private_encrypted_and_protected" {
  command = plan

  assert {
    condition = alltrue([
      !aws_db_instance.this.publicly_accessible,
      aws_db_instance.this.storage_encrypted,
      aws_db_instance.this.deletion_protection,
      aws_db_instance.this.manage_master_user_password,
      anytrue([for parameter in aws_db_parameter_group.this.parameter : parameter.name == "require_secure_transport" && parameter.value == "1"]),
    ])
    error_message = "No public access, the platform's key, RDS's own password rotation, TLS only, no deletion by mistake."
  }
}

run "no_backups_are_refused" {
  command = plan

  variables {
    backup_days = 0
  }

  expect_failures = [var.backup_days]
}
