# A Glue connection to a database in the network. It names a secret; it never holds a password.

resource "aws_glue_connection" "this" {
  name            = var.name
  description     = var.description
  connection_type = "JDBC"

  connection_properties = {
    JDBC_CONNECTION_URL = var.jdbc_url
    JDBC_ENFORCE_SSL    = var.enforce_ssl
    SECRET_ID           = var.secret_name
  }

  dynamic "physical_connection_requirements" {
    for_each = var.network[*]

    content {
      availability_zone      = physical_connection_requirements.value.availability_zone
      security_group_id_list = physical_connection_requirements.value.security_group_ids
      subnet_id              = physical_connection_requirements.value.subnet_id
    }
  }
}
