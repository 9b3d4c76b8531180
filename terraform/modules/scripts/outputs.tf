output "keys" {
  description = "Keys of all objects."
  value       = [for object in aws_s3_object.this : object.key]
}
