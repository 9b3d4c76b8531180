mock_provider "aws" {}

variables {
  name          = "etl-state"
  partition_key = "pk"
  sort_key      = "sk"
  time_to_live  = "expires_at"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "the_table_is_protected_encrypted_and_can_be_restored" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled && one(aws_dynamodb_table.this.point_in_time_recovery).enabled
    error_message = "The table cannot be deleted by mistake and can be restored to any second."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.server_side_encryption).kms_key_arn == var.kms_key_arn
    error_message = "Items are encrypted with the key that was given."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.ttl).attribute_name == "expires_at"
    error_message = "Leases expire by their attribute."
  }
}

run "a_short_name_is_refused" {
  command = plan

  variables {
    name = "ab"
  }

  expect_failures = [var.name]
}
