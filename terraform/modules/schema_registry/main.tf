# A registry of Glue's, and the schemas in it.

resource "aws_glue_registry" "this" {
  registry_name = var.name
  description   = var.description
}

resource "aws_glue_schema" "this" {
  for_each = var.schemas

  schema_name       = each.key
  registry_arn      = aws_glue_registry.this.arn
  description       = "Records of the source ${each.key}"
  data_format       = "AVRO"
  compatibility     = var.compatibility
  schema_definition = each.value
}
