variable "name" {
  description = "Name prefix of the network's parts."
  type        = string
}

variable "account_id" {
  description = "Account of the network."
  type        = string
}

variable "region" {
  description = "Region of the endpoints."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.cidr, 4, 15))
    error_message = "A block that 16 subnets fit into, such as 10.20.0.0/16."
  }
}

variable "zones" {
  description = "Availability zones, one private subnet in each. Redshift Serverless asks for three."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 16 && length(distinct(var.zones)) == length(var.zones)
    error_message = "There are 2 to 16 zones, each once."
  }
}

variable "interface_endpoints" {
  description = "Services that are reached by an interface of the network, each at a cost per hour and zone."
  type        = set(string)
  default     = ["glue", "kms", "logs", "monitoring", "redshift-data", "secretsmanager", "sts"]
}

variable "ports" {
  description = "Ports of the source database and of the warehouse."
  type = object({
    database  = optional(number, 3306)
    warehouse = optional(number, 5439)
  })
  default = {}
}

variable "kms_key_arn" {
  description = "Key that encrypts the flow log."
  type        = string
}

variable "log_days" {
  description = "Days that the flow log is kept."
  type        = number
  default     = 365
}
