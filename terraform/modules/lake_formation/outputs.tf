output "tags" {
  description = "Keys of the tags."
  value       = sort([for tag in aws_lakeformation_lf_tag.this : tag.key])
}
