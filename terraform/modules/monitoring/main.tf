# What is watched: logs of the jobs with retention, alarms on failures and on lateness, and a dashboard.

resource "aws_cloudwatch_log_group" "jobs" {
  # checkov:skip=CKV_AWS_338: how long is a variable, a year by default
  for_each = toset(["/aws-glue/jobs/error", "/aws-glue/jobs/logs-v2", "/aws-glue/jobs/output"])

  name              = each.key
  retention_in_days = var.log_days
  kms_key_id        = var.platform.kms_key_arn
}

resource "aws_cloudwatch_metric_alarm" "pipeline_failed" {
  alarm_name          = "${var.platform.name}-pipeline-failed"
  alarm_description   = "A batch failed: read the execution's cause, mend, and start the same batch again"
  namespace           = "AWS/States"
  metric_name         = "ExecutionsFailed"
  dimensions          = { StateMachineArn = var.state_machine_arn }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "pipeline_slow" {
  alarm_name          = "${var.platform.name}-pipeline-slow"
  alarm_description   = "A batch took longer than it may: see which job did"
  namespace           = "AWS/States"
  metric_name         = "ExecutionTime"
  dimensions          = { StateMachineArn = var.state_machine_arn }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = var.pipeline_minutes * 60000
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "functions" {
  for_each = var.functions

  alarm_name          = "${each.value}-errors"
  alarm_description   = "The function ${each.value} failed: its log group says why"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = each.value }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic_arn]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.platform.name

  dashboard_body = jsonencode({
    widgets = concat([{
      type   = "metric"
      x      = 0
      y      = 0
      width  = 12
      height = 6
      properties = {
        title  = "Batches"
        region = var.platform.region
        stat   = "Sum"
        period = 3600
        metrics = [for metric in ["ExecutionsSucceeded", "ExecutionsFailed"] :
        ["AWS/States", metric, "StateMachineArn", var.state_machine_arn]]
      }
      }, {
      type   = "metric"
      x      = 12
      y      = 0
      width  = 12
      height = 6
      properties = {
        title   = "Minutes of a batch"
        region  = var.platform.region
        stat    = "Maximum"
        period  = 3600
        metrics = [["AWS/States", "ExecutionTime", "StateMachineArn", var.state_machine_arn]]
      }
      }], [{
      type   = "metric"
      x      = 0
      y      = 6
      width  = 24
      height = 6
      properties = {
        title   = "Tasks of the jobs that failed"
        region  = var.platform.region
        stat    = "Sum"
        period  = 3600
        metrics = [for job in sort(tolist(var.jobs)) : ["Glue", "glue.driver.aggregate.numFailedTasks", "JobName", job, "JobRunId", "ALL", "Type", "count"]]
      }
    }])
  })
}
