output "name" {
  description = "Name of the job."
  value       = aws_glue_job.this.name
}

output "arn" {
  description = "ARN of the job."
  value       = aws_glue_job.this.arn
}

output "role_arn" {
  description = "ARN of the role that the job runs with."
  value       = aws_iam_role.this.arn
}
