# One Glue job and the role that it alone runs with.

locals {
  arn       = "arn:${var.platform.partition}"
  regional  = "${var.platform.region}:${var.platform.account_id}"
  catalog   = "${local.arn}:glue:${local.regional}"
  log_group = "${local.arn}:logs:${local.regional}:log-group:/aws-glue/jobs/*"
  read      = toset(concat(tolist(var.access.read_buckets), tolist(var.access.write_buckets)))

  statements = concat(
    [for name in sort(tolist(local.read)) : {
      Sid      = "Read${replace(title(replace(name, "-", " ")), " ", "")}"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:ListBucket"]
      Resource = ["${local.arn}:s3:::${name}", "${local.arn}:s3:::${name}/*"]
    }],
    [for name in sort(tolist(var.access.write_buckets)) : {
      Sid      = "Write${replace(title(replace(name, "-", " ")), " ", "")}"
      Effect   = "Allow"
      Action   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
      Resource = ["${local.arn}:s3:::${name}/*"]
    }],
    [for name in sort(tolist(var.access.databases)) : {
      Sid    = "Catalog${replace(title(replace(name, "_", " ")), " ", "")}"
      Effect = "Allow"
      Action = [
        "glue:BatchCreatePartition", "glue:BatchGetPartition", "glue:CreateTable", "glue:DeleteTable", "glue:GetDatabase",
        "glue:GetPartition", "glue:GetPartitions", "glue:GetTable", "glue:GetTables", "glue:UpdateTable",
      ]
      Resource = ["${local.catalog}:catalog", "${local.catalog}:database/${name}", "${local.catalog}:table/${name}/*"]
    }],
    [for arn in sort(tolist(var.access.state_tables)) : {
      Sid      = "State"
      Effect   = "Allow"
      Action   = ["dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      Resource = [arn]
    }],
    length(var.access.secrets) == 0 ? [] : [{
      Sid      = "Secrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = sort(tolist(var.access.secrets))
    }],
    length(var.access.warehouses) == 0 ? [] : [{
      Sid      = "StartStatements"
      Effect   = "Allow"
      Action   = ["redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"]
      Resource = sort(tolist(var.access.warehouses))
    }],
    [for index, arn in sort(tolist(var.access.warehouses)) : {
      Sid    = "LogIn${index}"
      Effect = "Allow"
      Action = [strcontains(arn, ":redshift-serverless:") ? "redshift-serverless:GetCredentials" : "redshift:GetClusterCredentialsWithIAM"]
      # A cluster's credentials are for one of its databases.
      Resource = [strcontains(arn, ":redshift-serverless:") ? arn : "${replace(arn, ":cluster:", ":dbname:")}/*"]
    }],
    [{
      Sid      = "Logs"
      Effect   = "Allow"
      Action   = ["logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = [local.log_group, "${local.log_group}:log-stream:*"]
      }, {
      Sid      = "Key"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      Resource = [var.platform.kms_key_arn]
    }],
  )

  # Actions that know no resource: a condition says what they may concern instead.
  conditional = concat(
    length(var.access.warehouses) == 0 ? [] : [{
      Sid       = "OwnStatements"
      Effect    = "Allow"
      Action    = ["redshift-data:CancelStatement", "redshift-data:DescribeStatement", "redshift-data:GetStatementResult", "redshift-data:ListStatements"]
      Resource  = ["*"]
      Condition = { StringEquals = { "redshift-data:statement-owner-iam-userid" = "$${aws:userid}" } }
    }],
    [{
      Sid       = "Metrics"
      Effect    = "Allow"
      Action    = ["cloudwatch:PutMetricData"]
      Resource  = ["*"]
      Condition = { StringEquals = { "cloudwatch:namespace" = "Glue" } }
    }],
  )

  network = length(var.connections) == 0 ? [] : [{
    Sid    = "DescribeNetwork"
    Effect = "Allow"
    Action = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
    "ec2:DescribeVpcEndpoints"]
    Resource = ["*"] # they know no resource
    }, {
    Sid      = "Network"
    Effect   = "Allow"
    Action   = ["ec2:DescribeVpcAttribute"]
    Resource = ["${local.arn}:ec2:${local.regional}:vpc/*"]
    }, {
    Sid      = "Interfaces"
    Effect   = "Allow"
    Action   = ["ec2:CreateNetworkInterface", "ec2:CreateTags", "ec2:DeleteNetworkInterface"]
    Resource = [for kind in ["network-interface", "security-group", "subnet"] : "${local.arn}:ec2:${local.regional}:${kind}/*"]
    }, {
    Sid      = "Connections"
    Effect   = "Allow"
    Action   = ["glue:GetConnection"]
    Resource = concat(["${local.catalog}:catalog"], [for name in var.connections : "${local.catalog}:connection/${name}"])
  }]

  security = var.security_configuration == null ? [] : [{
    Sid      = "SecurityConfiguration"
    Effect   = "Allow"
    Action   = ["glue:GetSecurityConfiguration"]
    Resource = ["*"] # it knows no resource
  }]
}

resource "aws_iam_role" "this" {
  name        = "${var.platform.name}-job-${replace(var.name, "_", "-")}"
  description = "The Glue job ${var.name}"

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
  name   = "job"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.statements, local.conditional, local.network, local.security) })
}

resource "aws_glue_job" "this" {
  name                   = var.name
  description            = var.job.description
  role_arn               = aws_iam_role.this.arn
  glue_version           = var.job.glue_version
  worker_type            = var.job.worker_type
  number_of_workers      = var.job.number_of_workers
  timeout                = var.job.timeout_minutes
  max_retries            = var.job.max_retries
  security_configuration = var.security_configuration
  connections            = var.connections
  default_arguments      = var.job.arguments

  command {
    name            = "glueetl"
    script_location = "s3://${var.scripts_bucket}/${var.job.script}"
    python_version  = "3"
  }

  execution_property {
    max_concurrent_runs = var.job.max_concurrent_runs
  }

  depends_on = [aws_iam_role_policy.this]
}
