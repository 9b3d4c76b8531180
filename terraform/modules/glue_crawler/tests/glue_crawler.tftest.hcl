mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/wholesale-crawler-landing"
    }
  }
}

variables {
  platform = {
    name        = "wholesale"
    account_id  = "123456789012"
    region      = "us-east-1"
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  }
  name        = "landing_csv"
  description = "Files as received"
  database    = "landing"
  s3_targets  = [{ path = "s3://wholesale-landing/csv/", exclusions = ["**/_manifest.json"] }]
}

run "the_role_reads_the_targets_bucket_and_no_other" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource if statement.Sid == "ReadTargets"
    ])) == toset(["arn:aws:s3:::wholesale-landing", "arn:aws:s3:::wholesale-landing/*"])
    error_message = "The crawler reads what it crawls."
  }
}

run "new_folders_only_goes_with_logged_changes_only" {
  command = plan

  variables {
    recrawl = "CRAWL_NEW_FOLDERS_ONLY"
  }

  expect_failures = [var.recrawl]
}

run "the_configuration_says_what_is_set_and_no_null" {
  command = plan

  variables {
    configuration = { CrawlerOutput = { Partitions = { AddOrUpdateBehavior = "InheritFromTable" } } }
  }

  assert {
    condition     = jsondecode(aws_glue_crawler.this.configuration) == { CrawlerOutput = { Partitions = { AddOrUpdateBehavior = "InheritFromTable" } }, Version = 1 }
    error_message = "Glue knows no null in it."
  }
}

run "new_folders_only_is_taken_when_changes_are_logged" {
  command = plan

  variables {
    recrawl       = "CRAWL_NEW_FOLDERS_ONLY"
    schema_change = { update = "LOG", delete = "LOG" }
  }

  assert {
    condition     = one(aws_glue_crawler.this.recrawl_policy).recrawl_behavior == "CRAWL_NEW_FOLDERS_ONLY"
    error_message = "The policy is the one that was given."
  }
}
