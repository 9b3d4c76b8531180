# The role that Redshift copies with: it reads what is staged, and nothing else.

resource "aws_iam_role" "this" {
  name        = "${var.platform.name}-redshift"
  description = "COPY from the staging bucket"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = ["redshift-serverless.amazonaws.com", "redshift.amazonaws.com"] }
      Condition = { StringEquals = { "aws:SourceAccount" = var.platform.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "copy"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "ReadStaged"
      Effect   = "Allow"
      Action   = ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"]
      Resource = flatten([for name in sort(tolist(var.read_buckets)) : ["arn:${var.platform.partition}:s3:::${name}", "arn:${var.platform.partition}:s3:::${name}/*"]])
      }, {
      Sid      = "Key"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:DescribeKey"]
      Resource = [var.platform.kms_key_arn]
    }]
  })
}
