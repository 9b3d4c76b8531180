mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = {
      arn = "arn:aws:s3:::wholesale-landing"
    }
  }
}

variables {
  name        = "wholesale-landing"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "nothing_is_public_and_objects_are_encrypted_with_the_key" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "All four blocks are on."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "Objects are encrypted with the key that was given."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.this[0].versioning_configuration).status == "Enabled"
    error_message = "What is overwritten is kept, unless versioning is switched off."
  }
}

run "connections_without_tls_are_denied" {
  command = apply

  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      statement.Effect == "Deny" && statement.Condition.Bool["aws:SecureTransport"] == "false"
    ])
    error_message = "The policy denies what is not encrypted in transit."
  }
}

run "current_objects_are_kept_unless_retention_says_otherwise" {
  command = plan

  assert {
    condition     = length(one(aws_s3_bucket_lifecycle_configuration.this.rule).expiration) == 0
    error_message = "Without current_days nothing current expires."
  }
}

run "retention_expires_what_is_older" {
  command = plan

  variables {
    retention = { current_days = 90, noncurrent_days = 7 }
  }

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.this.rule).expiration).days == 90
    error_message = "Objects expire after the days that were given."
  }
}

run "a_name_with_capitals_is_refused" {
  command = plan

  variables {
    name = "Wholesale"
  }

  expect_failures = [var.name]
}
