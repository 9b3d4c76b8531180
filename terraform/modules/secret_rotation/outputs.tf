output "enabled" {
  description = "Whether the secret is rotated by the calendar."
  value       = aws_secretsmanager_secret_rotation.this.rotation_enabled
}
