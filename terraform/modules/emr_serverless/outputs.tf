output "application_id" {
  description = "Id of the application."
  value       = aws_emrserverless_application.this.id
}

output "arn" {
  description = "ARN of the application."
  value       = aws_emrserverless_application.this.arn
}
