mock_provider "aws" {}

variables {
  table = { database = "curated", name = "orders" }
  rules = "Rules = [\n    IsUnique \"order_id\"\n]\n"
}

run "it_is_named_after_its_table" {
  command = plan

  assert {
    condition     = aws_glue_data_quality_ruleset.this.name == "curated_orders" && one(aws_glue_data_quality_ruleset.this.target_table).table_name == "orders"
    error_message = "One ruleset a table."
  }
}

run "no_rules_are_refused" {
  command = plan

  variables {
    rules = "Rules = [\n]\n"
  }

  expect_failures = [var.rules]
}
