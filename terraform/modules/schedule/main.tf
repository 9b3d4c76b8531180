# A schedule of EventBridge Scheduler in UTC, as the time that it hands over, the function that it calls, and the role that lets it.

resource "aws_scheduler_schedule" "this" {
  name                         = "${var.platform.name}-${var.name}"
  description                  = var.description
  schedule_expression          = var.expression
  schedule_expression_timezone = "UTC"
  kms_key_arn                  = var.platform.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.function_arn
    role_arn = aws_iam_role.this.arn
    input    = var.input

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }
}

resource "aws_iam_role" "this" {
  name        = "${var.platform.name}-schedule-${var.name}"
  description = "The schedule ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.platform.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "call"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Call"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = [var.function_arn]
      }, {
      Sid      = "Key"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = [var.platform.kms_key_arn]
    }]
  })
}
