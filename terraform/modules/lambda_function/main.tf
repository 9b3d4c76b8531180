# A function, its log group, and the role that it alone runs with.

locals {
  arn = "arn:${var.platform.partition}"

  own_statements = [{
    Sid      = "Logs"
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
    }, {
    Sid      = "Key"
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    Resource = [var.platform.kms_key_arn]
    }, {
    Sid      = "Trace"
    Effect   = "Allow"
    Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    Resource = ["*"] # they know no resource
  }]

  # In a network Lambda makes and deletes the function's interfaces, with the function's role. It tries deletion without saying which one,
  # so that rights on interfaces, subnets and groups alone are refused when the function is made: AWSLambdaVPCAccessExecutionRole has "*" too.
  network_statements = var.network == null ? [] : [{
    Sid    = "Network"
    Effect = "Allow"
    Action = [
      "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "ec2:UnassignPrivateIpAddresses",
    ]
    Resource = ["*"]
  }]

  given_statements = [for statement in var.statements : {
    Sid      = statement.sid
    Effect   = "Allow"
    Action   = statement.actions
    Resource = statement.resources
  }]
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338: how long is a variable, a year by default
  name              = "/aws/lambda/${var.platform.name}-${var.name}"
  retention_in_days = var.log_days
  kms_key_id        = var.platform.kms_key_arn
}

resource "aws_iam_role" "this" {
  name        = "${var.platform.name}-lambda-${var.name}"
  description = "The function ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  # parliament:skip=RESOURCE_STAR: Lambda asks for rights on all interfaces, subnets and groups where a function is in a network
  name   = "function"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.own_statements, local.network_statements, local.given_statements) })
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_272: packages are built here and uploaded by the one who deploys, who could sign anything
  # checkov:skip=CKV_AWS_117: one without a network calls public endpoints of AWS only
  # checkov:skip=CKV_AWS_116: EventBridge keeps and repeats what could not be delivered; errors raise an alarm
  function_name                  = "${var.platform.name}-${var.name}"
  description                    = var.description
  role                           = aws_iam_role.this.arn
  runtime                        = "python3.11"
  architectures                  = ["x86_64"]
  handler                        = "handler.handler"
  filename                       = var.package
  source_code_hash               = filebase64sha256(var.package)
  timeout                        = var.timeout_seconds
  memory_size                    = var.memory_mb
  reserved_concurrent_executions = var.concurrency
  kms_key_arn                    = var.platform.kms_key_arn
  layers                         = var.layers

  environment {
    variables = var.environment
  }

  dynamic "vpc_config" {
    for_each = var.network[*]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this]
}

resource "aws_lambda_permission" "this" {
  for_each = var.callers

  statement_id   = each.key
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.this.function_name
  principal      = each.value.service
  source_arn     = each.value.source_arn
  source_account = var.platform.account_id
}
