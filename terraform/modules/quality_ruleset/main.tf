# A ruleset of Glue Data Quality, for one table of the catalog.

resource "aws_glue_data_quality_ruleset" "this" {
  name        = "${var.table.database}_${var.table.name}"
  description = "What ${var.table.database}.${var.table.name} must be like"
  ruleset     = var.rules

  target_table {
    database_name = var.table.database
    table_name    = var.table.name
  }
}
