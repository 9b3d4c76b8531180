mock_provider "aws" {}

variables {
  admin_arns = ["arn:aws:iam::123456789012:role/admin"]
  locations  = { curated = "arn:aws:s3:::wholesale-curated" }
  tags       = { sensitivity = ["personal", "public"] }
  grants = {
    analyst = {
      role_arn      = "arn:aws:iam::123456789012:role/wholesale-analyst"
      resource_type = "TABLE"
      permissions   = ["SELECT", "DESCRIBE"]
      tags          = { sensitivity = ["public"] }
    }
  }
}

run "an_analyst_reads_what_is_public" {
  command = plan

  assert {
    condition     = aws_lakeformation_permissions.tagged["analyst"].permissions == toset(["DESCRIBE", "SELECT"])
    error_message = "The grant is what was given."
  }
}

run "all_permissions_are_refused" {
  command = plan

  variables {
    grants = {
      analyst = {
        role_arn      = "arn:aws:iam::123456789012:role/wholesale-analyst"
        resource_type = "TABLE"
        permissions   = ["ALL"]
        tags          = { sensitivity = ["public"] }
      }
    }
  }

  expect_failures = [var.grants]
}
