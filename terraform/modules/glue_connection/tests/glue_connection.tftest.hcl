mock_provider "aws" {}

variables {
  name        = "wholesale-mysql"
  description = "The source database"
  jdbc_url    = "jdbc:mysql://db.example.com:3306/wholesale"
  secret_name = "wholesale/rds"
}

run "the_connection_is_encrypted_and_holds_no_password" {
  command = plan

  assert {
    condition     = aws_glue_connection.this.connection_properties["JDBC_ENFORCE_SSL"] == "true" && !contains(keys(aws_glue_connection.this.connection_properties), "PASSWORD")
    error_message = "Passwords are the secret's."
  }
}

run "an_address_with_a_password_is_refused" {
  command = plan

  variables {
    jdbc_url = "jdbc:mysql://etl:pass@db.example.com:3306/wholesale"
  }

  expect_failures = [var.jdbc_url]
}
