# The warehouse as a provisioned cluster: parameters, network, snapshots, pause at night, audit log.

resource "aws_redshift_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.network.subnet_ids
}

resource "aws_redshift_parameter_group" "this" {
  # checkov:skip=CKV_AWS_105: require_ssl is in the map that the parameters come from
  name   = var.name
  family = "redshift-1.0"

  dynamic "parameter" {
    for_each = {
      require_ssl                  = "true"
      enable_user_activity_logging = "true"
      statement_timeout            = tostring(var.query_seconds * 1000)
    }

    content {
      name  = parameter.key
      value = parameter.value
    }
  }
}

resource "aws_redshift_cluster" "this" {
  # checkov:skip=CKV_AWS_71: aws_redshift_logging below does it; the attribute is deprecated
  cluster_identifier                   = var.name
  database_name                        = var.database
  master_username                      = var.admin_username
  manage_master_password               = true
  node_type                            = var.node_type
  number_of_nodes                      = var.number_of_nodes
  cluster_type                         = var.number_of_nodes > 1 ? "multi-node" : "single-node"
  port                                 = var.port
  encrypted                            = true
  kms_key_id                           = var.kms_key_arn
  publicly_accessible                  = false
  enhanced_vpc_routing                 = true
  cluster_subnet_group_name            = aws_redshift_subnet_group.this.name
  cluster_parameter_group_name         = aws_redshift_parameter_group.this.name
  vpc_security_group_ids               = var.network.security_group_ids
  iam_roles                            = [var.copy_role_arn]
  default_iam_role_arn                 = var.copy_role_arn
  automated_snapshot_retention_period  = var.snapshot_days
  availability_zone_relocation_enabled = true
  skip_final_snapshot                  = !var.deletion_protection
  final_snapshot_identifier            = var.deletion_protection ? "${var.name}-final" : null
}

locals {
  logs = ["connectionlog", "useractivitylog", "userlog"]
}

# Made here, or the service makes them at the first connection: without a retention and a key, and left when the warehouse goes.
resource "aws_cloudwatch_log_group" "audit" {
  # checkov:skip=CKV_AWS_338: how long is a variable, a year by default
  for_each = toset(local.logs)

  name              = "/aws/redshift/cluster/${var.name}/${each.key}"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_redshift_logging" "this" {
  cluster_identifier   = aws_redshift_cluster.this.cluster_identifier
  log_destination_type = "cloudwatch"
  log_exports          = local.logs

  depends_on = [aws_cloudwatch_log_group.audit]
}

resource "aws_redshift_snapshot_schedule" "this" {
  identifier  = var.name
  definitions = [var.snapshot_schedule]
}

resource "aws_redshift_snapshot_schedule_association" "this" {
  cluster_identifier  = aws_redshift_cluster.this.cluster_identifier
  schedule_identifier = aws_redshift_snapshot_schedule.this.id
}

resource "aws_iam_role" "scheduler" {
  count       = var.working_hours == null ? 0 : 1
  name        = "${var.name}-redshift-scheduler"
  description = "Pauses and resumes the cluster ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.redshift.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  count = var.working_hours == null ? 0 : 1
  name  = "pause"
  role  = aws_iam_role.scheduler[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "PauseAndResume"
      Effect   = "Allow"
      Action   = ["redshift:PauseCluster", "redshift:ResumeCluster"]
      Resource = [aws_redshift_cluster.this.arn]
    }]
  })
}

resource "aws_redshift_scheduled_action" "pause" {
  count    = var.working_hours == null ? 0 : 1
  name     = "${var.name}-pause"
  schedule = var.working_hours.pause
  iam_role = aws_iam_role.scheduler[0].arn

  target_action {
    pause_cluster {
      cluster_identifier = aws_redshift_cluster.this.cluster_identifier
    }
  }
}

resource "aws_redshift_scheduled_action" "resume" {
  count    = var.working_hours == null ? 0 : 1
  name     = "${var.name}-resume"
  schedule = var.working_hours.resume
  iam_role = aws_iam_role.scheduler[0].arn

  target_action {
    resume_cluster {
      cluster_identifier = aws_redshift_cluster.this.cluster_identifier
    }
  }
}
