output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "subnets" {
  description = "By zone: the private subnet."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "security_groups" {
  description = "Groups of the functions, the jobs, the replication, the database and the warehouse."
  value = {
    functions   = aws_security_group.functions.id
    jobs        = aws_security_group.jobs.id
    replication = aws_security_group.replication.id
    database    = aws_security_group.database.id
    warehouse   = aws_security_group.warehouse.id
  }
}
