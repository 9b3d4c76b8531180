output "arns" {
  description = "By name: the database's ARN."
  value       = { for name, database in aws_glue_catalog_database.this : name => database.arn }
}
