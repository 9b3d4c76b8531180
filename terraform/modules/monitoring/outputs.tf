output "dashboard" {
  description = "Name of the dashboard."
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "alarms" {
  description = "Names of all alarms."
  value = concat(
    [aws_cloudwatch_metric_alarm.pipeline_failed.alarm_name, aws_cloudwatch_metric_alarm.pipeline_slow.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.functions : alarm.alarm_name],
  )
}
