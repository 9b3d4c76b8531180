# A crawler, as its file in crawlers/ says.

locals {
  arn = "arn:${var.platform.partition}"

  # Glue's JSON names what is set, and nothing as null.
  configuration = var.configuration == null ? null : jsonencode({
    for name, value in {
      Version       = var.configuration.Version
      Grouping      = var.configuration.Grouping == null ? null : { for key, set in var.configuration.Grouping : key => set if set != null }
      CrawlerOutput = var.configuration.CrawlerOutput == null ? null : { for key, set in var.configuration.CrawlerOutput : key => set if set != null }
    } : name => value if value != null
  })
}

resource "aws_iam_role" "this" {
  name        = "${var.platform.name}-crawler-${replace(var.name, "_", "-")}"
  description = "The Glue crawler ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "glue.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.platform.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "crawler"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "ReadTargets"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:ListBucket"]
      Resource = flatten([for bucket in distinct([for target in var.s3_targets : split("/", target.path)[2]]) : ["${local.arn}:s3:::${bucket}", "${local.arn}:s3:::${bucket}/*"]])
      }, {
      Sid    = "Catalog"
      Effect = "Allow"
      Action = ["glue:BatchCreatePartition", "glue:BatchGetPartition", "glue:CreateTable", "glue:DeleteTable", "glue:GetDatabase", "glue:GetPartitions",
      "glue:GetTable", "glue:GetTables", "glue:UpdatePartition", "glue:UpdateTable"]
      Resource = [for resource in ["catalog", "database/${var.database}", "table/${var.database}/*"] : "${local.arn}:glue:${var.platform.region}:${var.platform.account_id}:${resource}"]
      }, {
      Sid      = "Key"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      Resource = [var.platform.kms_key_arn]
      }, {
      Sid      = "Logs"
      Effect   = "Allow"
      Action   = ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${local.arn}:logs:${var.platform.region}:${var.platform.account_id}:log-group:/aws-glue/crawlers*"]
    }]
  })
}

resource "aws_glue_crawler" "this" {
  name                   = var.name
  description            = var.description
  role                   = aws_iam_role.this.arn
  database_name          = var.database
  table_prefix           = var.table_prefix
  schedule               = var.schedule
  security_configuration = var.security_configuration
  configuration          = local.configuration

  dynamic "s3_target" {
    for_each = var.s3_targets

    content {
      path       = s3_target.value.path
      exclusions = s3_target.value.exclusions
    }
  }

  schema_change_policy {
    update_behavior = var.schema_change.update
    delete_behavior = var.schema_change.delete
  }

  recrawl_policy {
    recrawl_behavior = var.recrawl
  }

  depends_on = [aws_iam_role_policy.this]
}
