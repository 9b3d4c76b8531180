mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/wholesale-job-load-redshift"
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
  name           = "load_redshift"
  scripts_bucket = "wholesale-scripts"
  job = {
    script              = "glue_jobs/load_redshift.py"
    description         = "a built batch into Redshift"
    arguments           = { "--staging_bucket" = "wholesale-staging" }
    worker_type         = "G.1X"
    number_of_workers   = 2
    timeout_minutes     = 60
    max_concurrent_runs = 2
  }
  access = {
    read_buckets  = ["wholesale-scripts"]
    write_buckets = ["wholesale-staging"]
    warehouses    = ["arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/11111111"]
  }
}

run "the_role_reaches_what_was_given_and_nothing_else" {
  command = plan

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement :
      [for resource in statement.Resource : resource if startswith(resource, "arn:aws:s3:::")]
      ])) == toset([
      "arn:aws:s3:::wholesale-scripts", "arn:aws:s3:::wholesale-scripts/*", "arn:aws:s3:::wholesale-staging", "arn:aws:s3:::wholesale-staging/*",
    ])
    error_message = "No other bucket is in the policy."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement :
      alltrue([for action in statement.Action : !strcontains(action, "*")])
    ])
    error_message = "Actions are written out."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement :
      can(statement.Condition) if contains(statement.Resource, "*")
    ])
    error_message = "What knows no resource has a condition."
  }
}

run "a_bucket_that_is_only_read_cannot_be_written" {
  command = plan

  assert {
    condition = !anytrue([
      for statement in jsondecode(aws_iam_role_policy.this.policy).Statement :
      contains(statement.Action, "s3:PutObject") && contains(statement.Resource, "arn:aws:s3:::wholesale-scripts/*")
    ])
    error_message = "Scripts are read and not written."
  }
}

run "the_job_is_as_the_deployment_file_says" {
  command = plan

  assert {
    condition = alltrue([
      one(aws_glue_job.this.command).script_location == "s3://wholesale-scripts/glue_jobs/load_redshift.py",
      one(aws_glue_job.this.execution_property).max_concurrent_runs == 2,
      aws_glue_job.this.timeout == 60,
      aws_glue_job.this.default_arguments["--staging_bucket"] == "wholesale-staging",
    ])
    error_message = "Script, limits and arguments are those of the file."
  }
}

run "a_connection_lets_the_role_make_network_interfaces" {
  command = plan

  variables {
    connections = ["wholesale-mysql"]
  }

  assert {
    condition     = contains(flatten([for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Resource]), "arn:aws:glue:us-east-1:123456789012:connection/wholesale-mysql")
    error_message = "The connection is in the policy."
  }
}

run "an_unknown_worker_type_is_refused" {
  command = plan

  variables {
    job = {
      script              = "glue_jobs/load_redshift.py"
      description         = "a built batch into Redshift"
      arguments           = {}
      worker_type         = "Standard"
      number_of_workers   = 2
      timeout_minutes     = 60
      max_concurrent_runs = 2
    }
  }

  expect_failures = [var.job]
}
