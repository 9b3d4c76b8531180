output "arn" {
  description = "ARN of the registry."
  value       = aws_glue_registry.this.arn
}
