variable "name" {
  description = "Name of the connection."
  type        = string
}

variable "description" {
  description = "What is connected to."
  type        = string
}

variable "jdbc_url" {
  description = "JDBC address without user and password."
  type        = string

  validation {
    condition     = can(regex("^jdbc:(mysql|redshift|postgresql)://[^@?]+$", var.jdbc_url))
    error_message = "The address is jdbc:mysql://host:port/database, or of redshift or postgresql, without a user and without parameters."
  }
}

variable "secret_name" {
  description = "Secret with user and password."
  type        = string
}

variable "enforce_ssl" {
  description = "Refuse connections that are not encrypted."
  type        = bool
  default     = true
}

variable "network" {
  description = "Subnet, its zone, and security groups of the jobs' interfaces; null where there is no network."
  type = object({
    subnet_id          = string
    availability_zone  = string
    security_group_ids = list(string)
  })
  default = null
}
