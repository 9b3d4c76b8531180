# ARNs of the shape that the provider checks and that policies are read with, for applies that reach no account.

mock_resource "aws_athena_workgroup" {
  defaults = {
    arn = "arn:aws:athena:us-east-1:123456789012:workgroup/mocked"
  }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = {
    arn = "arn:aws:events:us-east-1:123456789012:rule/mocked"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:mocked"
  }
}

mock_resource "aws_dms_certificate" {
  defaults = {
    certificate_arn = "arn:aws:dms:us-east-1:123456789012:cert:MOCKED"
  }
}

mock_resource "aws_dms_endpoint" {
  defaults = {
    endpoint_arn = "arn:aws:dms:us-east-1:123456789012:endpoint:MOCKED"
  }
}

mock_resource "aws_dms_replication_instance" {
  defaults = {
    replication_instance_arn = "arn:aws:dms:us-east-1:123456789012:rep:MOCKED"
  }
}

mock_resource "aws_dms_replication_task" {
  defaults = {
    replication_task_arn = "arn:aws:dms:us-east-1:123456789012:task:MOCKED"
  }
}

mock_resource "aws_dms_s3_endpoint" {
  defaults = {
    endpoint_arn = "arn:aws:dms:us-east-1:123456789012:endpoint:MOCKEDTOO"
  }
}

mock_resource "aws_dynamodb_table" {
  defaults = {
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/mocked"
  }
}

mock_resource "aws_glue_registry" {
  defaults = {
    arn = "arn:aws:glue:us-east-1:123456789012:registry/mocked"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::123456789012:role/mocked"
  }
}

mock_resource "aws_kms_key" {
  defaults = {
    arn = "arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-2222-4333-8444-555555555555"
  }
}

mock_resource "aws_lambda_function" {
  defaults = {
    arn = "arn:aws:lambda:us-east-1:123456789012:function:mocked"
  }
}

mock_resource "aws_redshift_cluster" {
  defaults = {
    arn = "arn:aws:redshift:us-east-1:123456789012:cluster:mocked"
  }
}

mock_resource "aws_redshiftserverless_namespace" {
  defaults = {
    arn = "arn:aws:redshift-serverless:us-east-1:123456789012:namespace/1a2b3c4d-2222-4333-8444-555555555555"
  }
}

mock_resource "aws_redshiftserverless_workgroup" {
  defaults = {
    arn = "arn:aws:redshift-serverless:us-east-1:123456789012:workgroup/1a2b3c4d-2222-4333-8444-555555555555"
  }
}

mock_resource "aws_s3_bucket" {
  defaults = {
    arn = "arn:aws:s3:::mocked-bucket"
  }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = {
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mocked-AbCdEf"
  }
}

mock_resource "aws_sfn_state_machine" {
  defaults = {
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:mocked"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:us-east-1:123456789012:mocked"
  }
}
