mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/wholesale-dms"
    }
  }
  mock_resource "aws_dms_certificate" {
    defaults = {
      certificate_arn = "arn:aws:dms:us-east-1:123456789012:cert:ABCDEFGHIJKLM"
    }
  }
  mock_resource "aws_dms_replication_instance" {
    defaults = {
      replication_instance_arn = "arn:aws:dms:us-east-1:123456789012:rep:ABCDEFGHIJKLM"
    }
  }
  mock_resource "aws_dms_endpoint" {
    defaults = {
      endpoint_arn = "arn:aws:dms:us-east-1:123456789012:endpoint:ABCDEFGHIJKLM"
    }
  }
  mock_resource "aws_dms_replication_task" {
    defaults = {
      replication_task_arn = "arn:aws:dms:us-east-1:123456789012:task:ABCDEFGHIJKLM"
    }
  }
}

variables {
  platform = {
    name        = "wholesale"
    account_id  = "123456789012"
    region      = "us-east-1"
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-2222-4333-8444-555555555555"
  }
  network = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }

  source_endpoint = {
    engine_name     = "mysql"
    secret_arn      = "arn:aws:secretsmanager:us-east-1:123456789012:secret:wholesale/rds-AbCdEf"
    certificate_pem = "a bundle of certificates"
  }
  targets = {
    warehouse = {
      engine_name = "redshift"
      database    = "warehouse"
      secret_arn  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:wholesale/redshift-AbCdEf"
      bucket      = "wholesale-staging"
      folder      = "dms"
    }
    lake = { engine_name = "s3", bucket = "wholesale-landing", folder = "replica", data_format = "parquet" }
  }
  tasks          = { orders-to-warehouse = { target = "warehouse", migration_type = "full-load-and-cdc" } }
  table_mappings = "{\"rules\": [{\"rule-type\": \"selection\"}]}"
  task_settings  = "{\"Logging\": {\"EnableLogging\": true}}"
  topic_arn      = "arn:aws:sns:us-east-1:123456789012:wholesale-runs"
}

run "what_is_stored_and_sent_is_encrypted_and_no_password_is_named" {
  command = apply

  assert {
    condition     = aws_dms_replication_instance.this.kms_key_arn == var.platform.kms_key_arn && !aws_dms_replication_instance.this.publicly_accessible
    error_message = "The instance is private, and its storage encrypted."
  }

  assert {
    condition     = aws_dms_endpoint.source.ssl_mode == "verify-ca" && aws_dms_endpoint.source.password == null && aws_dms_endpoint.redshift["warehouse"].password == null
    error_message = "The source's server is verified, and passwords are the secrets'."
  }

  assert {
    condition     = aws_dms_s3_endpoint.this["lake"].encryption_mode == "SSE_KMS" && one(aws_dms_endpoint.redshift["warehouse"].redshift_settings).encryption_mode == "SSE_KMS"
    error_message = "Files are encrypted with the key."
  }
}

run "an_apply_starts_no_task_and_every_task_has_alarms_on_both_latencies" {
  command = apply

  assert {
    condition     = alltrue([for task in aws_dms_replication_task.this : !task.start_replication_task])
    error_message = "People start tasks."
  }

  assert {
    condition     = toset([for alarm in aws_cloudwatch_metric_alarm.latency : alarm.metric_name]) == toset(["CDCLatencySource", "CDCLatencyTarget"])
    error_message = "Lateness at the source and at the target."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.latency["orders-to-warehouse-CDCLatencySource"].dimensions["ReplicationTaskIdentifier"] == "ABCDEFGHIJKLM"
    error_message = "The dimension is the last part of the task's ARN."
  }
}

run "the_role_writes_below_the_folders_of_the_targets_only" {
  command = apply

  assert {
    condition = toset(one([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "Files"])) == toset([
      "arn:aws:s3:::wholesale-landing/replica/*", "arn:aws:s3:::wholesale-staging/dms/*",
    ])
    error_message = "Folders, not buckets."
  }
}

run "the_tasks_log_is_encrypted_and_kept_as_long_as_was_said" {
  command = plan

  variables {
    log_days = 30
  }

  assert {
    condition     = aws_cloudwatch_log_group.tasks.name == "dms-tasks-${var.platform.name}" && aws_cloudwatch_log_group.tasks.retention_in_days == 30 && aws_cloudwatch_log_group.tasks.kms_key_id == var.platform.kms_key_arn
    error_message = "DMS writes into the group of the instance's name."
  }
}

run "an_account_that_has_the_roles_keeps_them" {
  command = plan

  variables {
    account_roles = false
  }

  assert {
    condition     = length(aws_iam_role.account) == 0
    error_message = "They are there."
  }
}

run "a_task_without_a_log_a_target_without_a_secret_and_an_unknown_class_are_refused" {
  command = plan

  variables {
    task_settings = "{\"Logging\": {\"EnableLogging\": false}}"
    targets       = { warehouse = { engine_name = "redshift", bucket = "b", folder = "f" } }
    instance      = { class = "db.t3.medium" }
  }

  expect_failures = [var.task_settings, var.targets, var.instance]
}
