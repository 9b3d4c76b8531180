mock_provider "aws" {}

run "a_database_lies_below_its_name_in_its_bucket" {
  command = plan

  variables {
    databases = { curated = { description = "Typed tables", bucket = "wholesale-curated" } }
  }

  assert {
    condition     = aws_glue_catalog_database.this["curated"].location_uri == "s3://wholesale-curated/curated"
    error_message = "The location is the bucket and the database's name."
  }
}

run "a_name_with_a_hyphen_is_refused" {
  command = plan

  variables {
    databases = { wholesale-curated = { description = "Typed tables", bucket = "wholesale-curated" } }
  }

  expect_failures = [var.databases]
}
