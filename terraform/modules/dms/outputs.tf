output "instance_arn" {
  description = "ARN of the replication instance."
  value       = aws_dms_replication_instance.this.replication_instance_arn
}

output "endpoint_arns" {
  description = "By name: ARN of each endpoint; the source is called source."
  value       = merge({ source = aws_dms_endpoint.source.endpoint_arn }, local.target_arns)
}

output "task_arns" {
  description = "By name: ARN of each task, which start-replication-task takes."
  value       = { for name, task in aws_dms_replication_task.this : name => task.replication_task_arn }
}
