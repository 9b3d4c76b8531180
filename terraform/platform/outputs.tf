output "buckets" {
  description = "By layer: name of the bucket."
  value       = local.bucket_names
}

output "jobs" {
  description = "By job: the role that it runs with."
  value       = { for name, job in module.job : name => job.role_arn }
}

output "state_machine_arn" {
  description = "The pipeline."
  value       = module.pipeline.arn
}

output "warehouse" {
  description = "Where clients of the warehouse connect to."
  value       = local.warehouse.address
}

output "source_database" {
  description = "Where clients of the source database connect to."
  value       = module.source_database.address
}

output "functions" {
  description = "By short name: name of the function."
  value       = { for name, function in module.function : name => function.name }
}

output "dashboard" {
  description = "Name of the dashboard."
  value       = module.monitoring.dashboard
}

output "athena_workgroup" {
  description = "Workgroup of the analysts."
  value       = module.athena.workgroup
}

output "replication_tasks" {
  description = "By name: ARN of each task of DMS, which start-replication-task takes."
  value       = one(module.dms[*].task_arns)
}
