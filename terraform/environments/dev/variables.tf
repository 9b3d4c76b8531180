variable "account_id" {
  description = "Account that is deployed to; no other is touched, whatever the credentials are of."
  type        = string
}

variable "region" {
  description = "Region that is deployed to."
  type        = string
  default     = "us-east-1"
}

variable "emails" {
  description = "Who is told how batches end."
  type        = set(string)
  default     = []
}

variable "function_packages" {
  description = "Folder with the functions' zip files, made by `make package`."
  type        = string
  default     = "../../../dist/lambdas"
}

variable "function_layers" {
  description = "Layer of Powertools for Python 3.11 in the region."
  type        = list(string)
  default     = []
}

variable "driver_layers" {
  description = "Layer with PyMySQL and redshift_connector, for example AWS SDK for pandas' for Python 3.11 in the region."
  type        = list(string)
  default     = []
}

variable "rotation_days" {
  description = "Days after which the passwords of the source database and of the warehouse are changed, for which driver_layers are needed; null leaves them to people."
  type        = number
  default     = null
}

variable "library_arguments" {
  description = "Arguments by which the jobs find the library's wheels and jars; docs/glue-jobs.md has them."
  type        = map(string)
  default     = {}
}

variable "lake_formation_admins" {
  description = "Principals that administer Lake Formation; none leaves the catalog to IAM alone."
  type        = set(string)
  default     = []
}

variable "database_certificates" {
  description = "File with the certificates of who signs the source database's (RDS's bundle of the region); with it there is replication by DMS."
  type        = string
  default     = null
}
