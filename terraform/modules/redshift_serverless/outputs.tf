output "arn" {
  description = "ARN of the workgroup: what statements are started on."
  value       = aws_redshiftserverless_workgroup.this.arn
}

output "workgroup" {
  description = "Name of the workgroup."
  value       = aws_redshiftserverless_workgroup.this.workgroup_name
}

output "address" {
  description = "Host and port that clients connect to."
  value       = [for endpoint in aws_redshiftserverless_workgroup.this.endpoint : { host = endpoint.address, port = endpoint.port }]
}
