mock_provider "aws" {}

variables {
  name        = "wholesale"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "objects_logs_bookmarks_and_the_catalog_are_encrypted" {
  command = plan

  assert {
    condition = alltrue([
      one(one(aws_glue_security_configuration.this.encryption_configuration).s3_encryption).s3_encryption_mode == "SSE-KMS",
      one(one(aws_glue_security_configuration.this.encryption_configuration).cloudwatch_encryption).cloudwatch_encryption_mode == "SSE-KMS",
      one(one(aws_glue_security_configuration.this.encryption_configuration).job_bookmarks_encryption).job_bookmarks_encryption_mode == "CSE-KMS",
      one(one(aws_glue_data_catalog_encryption_settings.this.data_catalog_encryption_settings).encryption_at_rest).catalog_encryption_mode == "SSE-KMS",
    ])
    error_message = "Everything that Glue writes is encrypted with the key."
  }
}
