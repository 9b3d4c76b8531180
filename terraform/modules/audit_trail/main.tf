# Who did what in the account, with reads and writes of the lake's objects, in files that cannot be changed unseen.

resource "aws_cloudtrail" "this" {
  # checkov:skip=CKV_AWS_252: nobody acts on the arrival of a file; alarms go by metrics
  # checkov:skip=CKV2_AWS_10: files in the bucket are queried by Athena; a second copy in CloudWatch Logs would be paid for twice
  name                          = var.name
  s3_bucket_name                = var.bucket
  s3_key_prefix                 = "cloudtrail"
  kms_key_id                    = var.kms_key_arn
  enable_log_file_validation    = true
  include_global_service_events = true
  is_multi_region_trail         = true

  event_selector {
    include_management_events = true
    read_write_type           = "All"

    data_resource {
      type   = "AWS::S3::Object"
      values = [for arn in sort(tolist(var.data_bucket_arns)) : "${arn}/"]
    }
  }
}
