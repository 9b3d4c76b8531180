output "arn" {
  description = "ARN of the cluster: what statements are started on."
  value       = aws_redshift_cluster.this.arn
}

output "cluster" {
  description = "Name of the cluster."
  value       = aws_redshift_cluster.this.cluster_identifier
}

output "address" {
  description = "Host and port that clients connect to."
  value       = [{ host = aws_redshift_cluster.this.dns_name, port = aws_redshift_cluster.this.port }]
}
