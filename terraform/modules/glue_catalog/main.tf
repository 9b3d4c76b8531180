# Databases of the Glue catalog. Their tables are the jobs' and the crawlers': declared in code, not here.

resource "aws_glue_catalog_database" "this" {
  for_each = var.databases

  name         = each.key
  description  = each.value.description
  location_uri = "s3://${each.value.bucket}/${each.key}"
}
