mock_provider "aws" {}

variables {
  bucket = "wholesale-scripts"
  folder = "."
  files  = ["main.tf"]
}

run "an_object_has_its_path_as_key" {
  command = plan

  assert {
    condition     = aws_s3_object.this["main.tf"].key == "main.tf" && aws_s3_object.this["main.tf"].source_hash == filemd5("./main.tf")
    error_message = "The key is the path, and a change of the file is a change of the object."
  }
}

run "a_path_that_leaves_the_folder_is_refused" {
  command = plan

  variables {
    files = ["../main.tf"]
  }

  expect_failures = [var.files]
}
