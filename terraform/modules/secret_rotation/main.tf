# The rotation of a secret: the function that makes a new value, and how often. Apart from the secret, whose ARN the function is told.

resource "aws_secretsmanager_secret_rotation" "this" {
  # checkov:skip=CKV_AWS_304: how often is a variable, 30 days by default
  secret_id           = var.secret_arn
  rotation_lambda_arn = var.function_arn

  # At once it would fail: there is no value to rotate before somebody has put the first. Putting one counts as a rotation.
  rotate_immediately = false

  rotation_rules {
    automatically_after_days = var.days
  }
}
