output "name" {
  description = "Name of the ruleset, which an evaluation run takes."
  value       = aws_glue_data_quality_ruleset.this.name
}
