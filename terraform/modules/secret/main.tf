# A secret without a value: values are put by rotation or by people, so that no plan and no state ever holds one.

resource "aws_secretsmanager_secret" "this" {
  name                    = var.name
  description             = var.description
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_in_days
}

resource "aws_secretsmanager_secret_policy" "this" {
  secret_arn          = aws_secretsmanager_secret.this.arn
  block_public_policy = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyThisAccount"
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret"]
      Resource  = aws_secretsmanager_secret.this.arn
      Condition = { StringNotEquals = { "aws:PrincipalAccount" = var.account_id } }
    }]
  })
}
