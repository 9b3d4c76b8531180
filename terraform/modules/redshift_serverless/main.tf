# The warehouse as Redshift Serverless: a namespace (data, users, keys) and a workgroup (computing).

locals {
  logs = ["connectionlog", "useractivitylog", "userlog"]
}

# Made here, or the service makes them at the first connection: without a retention and a key, and left when the warehouse goes.
resource "aws_cloudwatch_log_group" "audit" {
  # checkov:skip=CKV_AWS_338: how long is a variable, a year by default
  for_each = toset(local.logs)

  name              = "/aws/redshift/${var.name}/${each.key}"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_redshiftserverless_namespace" "this" {
  namespace_name        = var.name
  db_name               = var.database
  admin_username        = var.admin_username
  manage_admin_password = true
  kms_key_id            = var.kms_key_arn
  iam_roles             = [var.copy_role_arn]
  default_iam_role_arn  = var.copy_role_arn
  log_exports           = local.logs

  depends_on = [aws_cloudwatch_log_group.audit]
}

resource "aws_redshiftserverless_workgroup" "this" {
  namespace_name       = aws_redshiftserverless_namespace.this.namespace_name
  workgroup_name       = var.name
  base_capacity        = var.base_capacity
  max_capacity         = var.max_capacity
  enhanced_vpc_routing = true
  publicly_accessible  = false
  port                 = var.port
  subnet_ids           = var.network.subnet_ids
  security_group_ids   = var.network.security_group_ids

  config_parameter {
    parameter_key   = "require_ssl"
    parameter_value = "true"
  }

  config_parameter {
    parameter_key   = "max_query_execution_time"
    parameter_value = tostring(var.query_seconds)
  }

  # The service sets these too and reports them back: said here, so that a second plan finds nothing to change.
  dynamic "config_parameter" {
    for_each = {
      auto_mv                          = "true"
      datestyle                        = "ISO, MDY"
      enable_case_sensitive_identifier = "false"
      enable_user_activity_logging     = "true"
      query_group                      = "default"
      search_path                      = "$user, public"
      use_fips_ssl                     = "false"
    }

    content {
      parameter_key   = config_parameter.key
      parameter_value = config_parameter.value
    }
  }
}

resource "aws_redshiftserverless_usage_limit" "this" {
  count         = var.monthly_rpu_hours == null ? 0 : 1
  resource_arn  = aws_redshiftserverless_workgroup.this.arn
  usage_type    = "serverless-compute"
  amount        = var.monthly_rpu_hours
  period        = "monthly"
  breach_action = "deactivate"
}
