output "platform" {
  description = "What people and programs need to know of the platform."
  value       = module.platform
}
