variable "endpoint_url" {
  description = "The local endpoint, as `./etl status` shows it."
  type        = string

  validation {
    condition     = can(regex("^http://(127\\.0\\.0\\.1|localhost|\\[::1\\]):[0-9]+$", var.endpoint_url))
    error_message = "The local environment is deployed to this machine only: http://127.0.0.1:<port>."
  }
}

variable "source_database_port" {
  description = "Port of the running MySQL-compatible server."
  type        = number
}

variable "warehouse_port" {
  description = "Port of the running local Redshift."
  type        = number
}

variable "function_packages" {
  description = "Folder with the functions' zip files."
  type        = string
}
