# Replication from MySQL: an instance, endpoints, tasks from the files of dms/, and who is told when changes fail or are late.

locals {
  arn = "arn:${var.platform.partition}"

  # DMS looks for these two by name, once in an account.
  account_roles = var.account_roles ? { dms-vpc-role = "AmazonDMSVPCManagementRole", dms-cloudwatch-logs-role = "AmazonDMSCloudWatchLogsRole" } : {}

  redshift_targets = { for name, target in var.targets : name => target if target.engine_name == "redshift" }
  s3_targets       = { for name, target in var.targets : name => target if target.engine_name == "s3" }

  target_arns = merge(
    { for name, endpoint in aws_dms_endpoint.redshift : name => endpoint.endpoint_arn },
    { for name, endpoint in aws_dms_s3_endpoint.this : name => endpoint.endpoint_arn },
  )
}

resource "aws_dms_replication_subnet_group" "this" {
  replication_subnet_group_id          = var.platform.name
  replication_subnet_group_description = "Where the replication of ${var.platform.name} runs"
  subnet_ids                           = var.network.subnet_ids

  depends_on = [aws_iam_role_policy_attachment.account]
}

resource "aws_dms_replication_instance" "this" {
  replication_instance_id     = var.platform.name
  replication_instance_class  = var.instance.class
  allocated_storage           = var.instance.storage_gb
  multi_az                    = var.instance.multi_az
  publicly_accessible         = false
  auto_minor_version_upgrade  = true
  apply_immediately           = true
  kms_key_arn                 = var.platform.kms_key_arn
  replication_subnet_group_id = aws_dms_replication_subnet_group.this.id
  vpc_security_group_ids      = var.network.security_group_ids
}

# DMS would make it itself, unencrypted and for ever, when the first task starts.
resource "aws_cloudwatch_log_group" "tasks" {
  # checkov:skip=CKV_AWS_338: how long is a variable, a year by default
  name              = "dms-tasks-${var.platform.name}"
  retention_in_days = var.log_days
  kms_key_id        = var.platform.kms_key_arn
}

resource "aws_dms_certificate" "source" {
  count = var.source_endpoint.certificate_pem == null ? 0 : 1

  certificate_id  = "${var.platform.name}-source"
  certificate_pem = var.source_endpoint.certificate_pem
}

resource "aws_dms_endpoint" "source" {
  endpoint_id                     = "${var.platform.name}-source"
  endpoint_type                   = "source"
  engine_name                     = var.source_endpoint.engine_name
  kms_key_arn                     = var.platform.kms_key_arn
  secrets_manager_arn             = var.source_endpoint.secret_arn
  secrets_manager_access_role_arn = aws_iam_role.this.arn
  ssl_mode                        = var.source_endpoint.certificate_pem == null ? "none" : "verify-ca"
  certificate_arn                 = one(aws_dms_certificate.source[*].certificate_arn)
}

resource "aws_dms_endpoint" "redshift" {
  for_each = local.redshift_targets

  endpoint_id                     = "${var.platform.name}-${each.key}"
  endpoint_type                   = "target"
  engine_name                     = "redshift"
  database_name                   = each.value.database
  kms_key_arn                     = var.platform.kms_key_arn
  secrets_manager_arn             = each.value.secret_arn
  secrets_manager_access_role_arn = aws_iam_role.this.arn

  redshift_settings {
    bucket_name                       = each.value.bucket
    bucket_folder                     = each.value.folder
    encryption_mode                   = "SSE_KMS"
    server_side_encryption_kms_key_id = var.platform.kms_key_arn
    service_access_role_arn           = aws_iam_role.this.arn
  }
}

resource "aws_dms_s3_endpoint" "this" {
  for_each = local.s3_targets

  endpoint_id                       = "${var.platform.name}-${each.key}"
  endpoint_type                     = "target"
  bucket_name                       = each.value.bucket
  bucket_folder                     = each.value.folder
  data_format                       = each.value.data_format
  timestamp_column_name             = each.value.timestamp_column
  include_op_for_full_load          = true
  encryption_mode                   = "SSE_KMS"
  server_side_encryption_kms_key_id = var.platform.kms_key_arn
  service_access_role_arn           = aws_iam_role.this.arn
  kms_key_arn                       = var.platform.kms_key_arn
}

resource "aws_dms_replication_task" "this" {
  for_each = var.tasks

  replication_task_id       = "${var.platform.name}-${each.key}"
  migration_type            = each.value.migration_type
  replication_instance_arn  = aws_dms_replication_instance.this.replication_instance_arn
  source_endpoint_arn       = aws_dms_endpoint.source.endpoint_arn
  target_endpoint_arn       = local.target_arns[each.value.target]
  table_mappings            = var.table_mappings
  replication_task_settings = var.task_settings
  start_replication_task    = false

  depends_on = [aws_cloudwatch_log_group.tasks, aws_iam_role_policy.this]
}

resource "aws_dms_event_subscription" "tasks" {
  name             = "${var.platform.name}-tasks"
  enabled          = true
  source_type      = "replication-task"
  source_ids       = [for task in aws_dms_replication_task.this : task.replication_task_id]
  event_categories = ["failure", "state change"]
  sns_topic_arn    = var.topic_arn
}

resource "aws_cloudwatch_metric_alarm" "latency" {
  for_each = {
    for pair in setproduct(keys(var.tasks), ["CDCLatencySource", "CDCLatencyTarget"]) : join("-", pair) => { task = pair[0], metric = pair[1] }
  }

  alarm_name          = "${var.platform.name}-${each.key}"
  alarm_description   = "Changes reach ${each.value.task} late (${each.value.metric}): see the task's log, then the load of source, instance and target"
  namespace           = "AWS/DMS"
  metric_name         = each.value.metric
  statistic           = "Average"
  period              = 60
  evaluation_periods  = 5
  threshold           = var.latency_seconds
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]

  # In CloudWatch a task is called by the last part of its ARN.
  dimensions = {
    ReplicationInstanceIdentifier = var.platform.name
    ReplicationTaskIdentifier     = element(split(":", aws_dms_replication_task.this[each.value.task].replication_task_arn), 6)
  }
}

resource "aws_iam_role" "this" {
  name        = "${var.platform.name}-dms"
  description = "Replication reads secrets and writes files"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = "sts:AssumeRole"
      # Redshift copies with it what DMS wrote.
      Principal = { Service = ["dms.${var.platform.region}.amazonaws.com", "dms.amazonaws.com", "redshift.amazonaws.com"] }
      Condition = { StringEquals = { "aws:SourceAccount" = var.platform.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "replication"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Secrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      Resource = distinct(concat([var.source_endpoint.secret_arn], [for target in local.redshift_targets : target.secret_arn]))
      }, {
      Sid      = "Buckets"
      Effect   = "Allow"
      Action   = ["s3:GetBucketLocation", "s3:GetBucketPolicy", "s3:ListBucket"]
      Resource = distinct([for target in var.targets : "${local.arn}:s3:::${target.bucket}"])
      }, {
      Sid      = "Files"
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"]
      Resource = distinct([for target in var.targets : "${local.arn}:s3:::${target.bucket}/${target.folder}/*"])
      }, {
      Sid      = "Key"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
      Resource = [var.platform.kms_key_arn]
    }]
  })
}

resource "aws_iam_role" "account" {
  for_each = local.account_roles

  name        = each.key
  description = "DMS in this account"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "dms.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "account" {
  for_each = local.account_roles

  role       = aws_iam_role.account[each.key].name
  policy_arn = "${local.arn}:iam::aws:policy/service-role/${each.value}"
}
