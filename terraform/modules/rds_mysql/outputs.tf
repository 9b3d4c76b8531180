output "arn" {
  description = "ARN of the instance."
  value       = aws_db_instance.this.arn
}

output "address" {
  description = "Host and port that clients connect to."
  value       = { host = aws_db_instance.this.address, port = aws_db_instance.this.port }
}

output "jdbc_url" {
  description = "The address for JDBC."
  value       = "jdbc:mysql://${aws_db_instance.this.address}:${aws_db_instance.this.port}/${var.database}"
}
