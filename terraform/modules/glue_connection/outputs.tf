output "name" {
  description = "Name of the connection."
  value       = aws_glue_connection.this.name
}
