# A role that people read the lake with, by Athena. Which tables and columns it sees is Lake Formation's to say.

locals {
  arn     = "arn:${var.platform.partition}"
  catalog = "${local.arn}:glue:${var.platform.region}:${var.platform.account_id}"
}

resource "aws_iam_role" "this" {
  name        = "${var.platform.name}-${var.name}"
  description = var.description

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "${local.arn}:iam::${var.platform.account_id}:root" } # whoever in the account is allowed to by a policy
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "read"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Query"
      Effect   = "Allow"
      Action   = ["athena:GetQueryExecution", "athena:GetQueryResults", "athena:GetWorkGroup", "athena:StartQueryExecution", "athena:StopQueryExecution"]
      Resource = [var.workgroup_arn]
      }, {
      Sid      = "Catalog"
      Effect   = "Allow"
      Action   = ["glue:GetDatabase", "glue:GetDatabases", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"]
      Resource = concat(["${local.catalog}:catalog"], flatten([for name in sort(tolist(var.databases)) : ["${local.catalog}:database/${name}", "${local.catalog}:table/${name}/*"]]))
      }, {
      Sid      = "Results"
      Effect   = "Allow"
      Action   = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]
      Resource = ["${local.arn}:s3:::${var.results.bucket}", "${local.arn}:s3:::${var.results.bucket}/${var.results.prefix}*"]
      }, {
      Sid      = "Key"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      Resource = [var.platform.kms_key_arn]
      }, {
      Sid      = "DataByLakeFormation"
      Effect   = "Allow"
      Action   = ["lakeformation:GetDataAccess"]
      Resource = ["*"] # it knows no resource
    }]
  })
}
