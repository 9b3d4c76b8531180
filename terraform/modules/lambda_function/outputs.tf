output "arn" {
  description = "ARN of the function, once its callers may call it."
  value       = aws_lambda_function.this.arn
  depends_on  = [aws_lambda_permission.this]
}

output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}
