# The source database: RDS for MySQL whose binary log has whole rows, so that changes can be captured.

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.network.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name   = var.name
  family = "mysql${var.engine_version}"

  dynamic "parameter" {
    for_each = {
      binlog_format            = "ROW"
      binlog_row_image         = "full"
      binlog_row_metadata      = "full"
      require_secure_transport = "1"
      time_zone                = "UTC"
    }

    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = "immediate"
    }
  }
}

resource "aws_iam_role" "monitoring" {
  name        = "${var.name}-rds-monitoring"
  description = "Enhanced monitoring of the database ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:${var.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

resource "aws_db_instance" "this" {
  # checkov:skip=CKV_AWS_293: a variable, on by default
  # checkov:skip=CKV_AWS_157: a variable: a standby doubles the price, and dev can wait for a restore
  # checkov:skip=CKV_AWS_133: a variable, at least one day
  # checkov:skip=CKV_AWS_353: enhanced monitoring and the slow query log are on; insights cost per vCPU beyond a week
  # checkov:skip=CKV2_AWS_69: require_secure_transport is in the map that the parameters come from
  identifier     = var.name
  engine         = "mysql"
  engine_version = var.engine_version
  instance_class = var.instance_class
  db_name        = var.database
  username       = var.admin_username
  port           = var.port

  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.kms_key_arn

  allocated_storage     = var.storage_gb
  max_allocated_storage = var.max_storage_gb
  storage_type          = "gp3"
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  db_subnet_group_name                = aws_db_subnet_group.this.name
  parameter_group_name                = aws_db_parameter_group.this.name
  vpc_security_group_ids              = var.network.security_group_ids
  publicly_accessible                 = false
  multi_az                            = var.multi_az
  iam_database_authentication_enabled = true

  # Without backups RDS writes no binary log.
  backup_retention_period   = var.backup_days
  copy_tags_to_snapshot     = true
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = !var.deletion_protection
  final_snapshot_identifier = var.deletion_protection ? "${var.name}-final" : null

  auto_minor_version_upgrade      = true
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports = ["audit", "error", "slowquery"]

  depends_on = [aws_iam_role_policy_attachment.monitoring]
}
