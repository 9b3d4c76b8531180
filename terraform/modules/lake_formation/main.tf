# Who reads which columns and rows of the lake: by tags on databases and columns, and by role.

resource "aws_lakeformation_data_lake_settings" "this" {
  admins = var.admin_arns

  # Without defaults a new table is nobody's but its maker's, until somebody grants it.
}

resource "aws_lakeformation_resource" "this" {
  for_each = var.locations

  arn                     = each.value
  use_service_linked_role = true
}

resource "aws_lakeformation_lf_tag" "this" {
  for_each = var.tags

  key    = each.key
  values = each.value

  depends_on = [aws_lakeformation_data_lake_settings.this]
}

resource "aws_lakeformation_resource_lf_tags" "database" {
  for_each = var.database_tags

  database {
    name = each.key
  }

  dynamic "lf_tag" {
    for_each = each.value

    content {
      key   = lf_tag.key
      value = lf_tag.value
    }
  }

  depends_on = [aws_lakeformation_lf_tag.this]
}

resource "aws_lakeformation_permissions" "tagged" {
  for_each = var.grants

  principal   = each.value.role_arn
  permissions = each.value.permissions

  lf_tag_policy {
    resource_type = each.value.resource_type

    dynamic "expression" {
      for_each = each.value.tags

      content {
        key    = expression.key
        values = expression.value
      }
    }
  }

  depends_on = [aws_lakeformation_lf_tag.this]
}
