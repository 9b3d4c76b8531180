# The pipeline as a state machine, with the role that starts what it orchestrates.

locals {
  arn      = "arn:${var.platform.partition}"
  regional = "${var.platform.region}:${var.platform.account_id}"

  statements = concat([{
    Sid      = "RunJobs"
    Effect   = "Allow"
    Action   = ["glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"]
    Resource = [for name in sort(tolist(var.jobs)) : "${local.arn}:glue:${local.regional}:job/${name}"]
    }, {
    Sid      = "State"
    Effect   = "Allow"
    Action   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
    Resource = [var.state_table_arn]
    }, {
    Sid      = "Notify"
    Effect   = "Allow"
    Action   = ["sns:Publish"]
    Resource = [var.topic_arn]
    }, {
    Sid      = "Key"
    Effect   = "Allow"
    Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
    Resource = [var.platform.kms_key_arn]
    }, {
    Sid    = "DeliverLogs"
    Effect = "Allow"
    Action = ["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"]
    Resource = ["*"] # vended logs know no resource
    }, {
    Sid      = "Trace"
    Effect   = "Allow"
    Action   = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    Resource = ["*"] # they know no resource
    }], length(var.crawlers) == 0 ? [] : [{
    Sid      = "Crawl"
    Effect   = "Allow"
    Action   = ["glue:GetCrawler", "glue:StartCrawler"]
    Resource = [for name in sort(tolist(var.crawlers)) : "${local.arn}:glue:${local.regional}:crawler/${name}"]
  }])
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338: how long is a variable, a year by default
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.log_days
  kms_key_id        = var.platform.kms_key_arn
}

resource "aws_iam_role" "this" {
  name        = "${var.platform.name}-states"
  description = "The state machine ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.platform.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  # parliament:skip=PERMISSIONS_MANAGEMENT_ACTIONS: logs:PutResourcePolicy lets Step Functions deliver logs, as its guide asks for
  name   = "pipeline"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_sfn_state_machine" "this" {
  # checkov:skip=CKV_AWS_285: inputs and outputs of steps may hold data and stay out of the log; errors are logged
  name       = var.name
  type       = "STANDARD"
  role_arn   = aws_iam_role.this.arn
  definition = var.definition

  logging_configuration {
    level                  = "ERROR" # inputs of steps stay out of the log
    include_execution_data = false
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  depends_on = [aws_iam_role_policy.this]
}
