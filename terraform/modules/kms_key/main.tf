# A key of the platform's own, rotated every year, and the name it is known by.

locals {
  account = "arn:${var.partition}:iam::${var.account_id}:root"
  key     = "*" # in a key's policy this is the key itself

  administration = [
    "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:CreateGrant", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey",
    "kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
    "kms:ListAliases", "kms:ListGrants", "kms:ListKeyPolicies", "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RetireGrant",
    "kms:RevokeGrant", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
  ]
  use = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]

  # Who in the account may use it is said by the policies of the roles, which the account's statement lets count.
  account_statement = {
    Sid       = "AccountAdministersAndDelegates"
    Effect    = "Allow"
    Principal = { AWS = local.account }
    Action    = concat(local.administration, ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"])
    Resource  = local.key
  }

  service_statements = [for service in sort(tolist(var.services)) : {
    Sid       = "Service${replace(title(replace(service, "/[^a-z]+/", " ")), " ", "")}"
    Effect    = "Allow"
    Principal = { Service = service }
    Action    = local.use
    Resource  = local.key
    # CloudWatch Logs says its account in the encryption context and sends no aws:SourceAccount.
    Condition = startswith(service, "logs.") ? {
      ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${var.partition}:logs:${var.region}:${var.account_id}:*" }
      } : {
      StringEquals = { "aws:SourceAccount" = var.account_id }
    }
  }]
}

resource "aws_kms_key" "this" {
  description             = var.description
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_in_days

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([local.account_statement], local.service_statements)
  })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
