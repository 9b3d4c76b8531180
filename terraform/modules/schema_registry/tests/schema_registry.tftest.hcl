mock_provider "aws" {
  mock_resource "aws_glue_registry" {
    defaults = {
      arn = "arn:aws:glue:us-east-1:123456789012:registry/wholesale-sources"
    }
  }
}

variables {
  name        = "wholesale-sources"
  description = "What sources send"
  schemas     = { orders = "{\"type\": \"record\", \"name\": \"orders\", \"fields\": []}" }
}

run "each_schema_is_in_the_registry_and_must_go_on_reading_what_there_is" {
  command = apply

  assert {
    condition     = aws_glue_schema.this["orders"].registry_arn == aws_glue_registry.this.arn && aws_glue_schema.this["orders"].compatibility == "BACKWARD"
    error_message = "A version that cannot read what was sent before is refused."
  }
}

run "what_is_no_record_and_an_unknown_compatibility_are_refused" {
  command = plan

  variables {
    schemas       = { orders = "{\"type\": \"string\"}" }
    compatibility = "SOMETIMES"
  }

  expect_failures = [var.schemas, var.compatibility]
}
