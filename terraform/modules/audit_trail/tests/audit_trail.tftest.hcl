mock_provider "aws" {}

variables {
  name             = "wholesale"
  bucket           = "wholesale-logs"
  kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  data_bucket_arns = ["arn:aws:s3:::wholesale-curated"]
}

run "files_are_validated_and_reads_of_objects_are_noted" {
  command = plan

  assert {
    condition     = aws_cloudtrail.this.enable_log_file_validation && aws_cloudtrail.this.is_multi_region_trail
    error_message = "A change of a file is seen, and no region is left out."
  }

  assert {
    condition     = one(one(aws_cloudtrail.this.event_selector).data_resource).values == tolist(["arn:aws:s3:::wholesale-curated/"])
    error_message = "Objects of the bucket are watched."
  }
}

run "a_trail_that_watches_no_bucket_is_refused" {
  command = plan

  variables {
    data_bucket_arns = []
  }

  expect_failures = [var.data_bucket_arns]
}
