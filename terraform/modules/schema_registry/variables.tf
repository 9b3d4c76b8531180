variable "name" {
  description = "Name of the registry."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9$_#.-]{1,255}$", var.name))
    error_message = "A registry's name has up to 255 letters, digits and $_#.-"
  }
}

variable "description" {
  description = "Whose schemas it has."
  type        = string
}

variable "compatibility" {
  description = "What a new version of a schema must be able to do with what the former ones wrote or read."
  type        = string
  default     = "BACKWARD"

  validation {
    condition     = contains(["NONE", "DISABLED", "BACKWARD", "BACKWARD_ALL", "FORWARD", "FORWARD_ALL", "FULL", "FULL_ALL"], var.compatibility)
    error_message = "One of NONE, DISABLED, BACKWARD, FORWARD, FULL, and the last three with _ALL."
  }
}

variable "schemas" {
  description = "By name: the definition of each schema, an Avro record."
  type        = map(string)

  validation {
    condition     = alltrue([for definition in values(var.schemas) : try(jsondecode(definition).type, "") == "record"])
    error_message = "A definition is an Avro record, as JSON."
  }
}
