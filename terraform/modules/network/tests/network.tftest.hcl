mock_provider "aws" {}

variables {
  name        = "wholesale"
  account_id  = "123456789012"
  region      = "us-east-1"
  zones       = ["us-east-1a", "us-east-1b", "us-east-1c"]
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "no_subnet_is_public_and_no_address_is_given_twice" {
  command = plan

  assert {
    condition     = alltrue([for subnet in aws_subnet.private : !subnet.map_public_ip_on_launch])
    error_message = "Subnets are private."
  }

  assert {
    condition     = length(distinct([for subnet in aws_subnet.private : subnet.cidr_block])) == 3
    error_message = "Each subnet has its own addresses."
  }
}

run "nobody_comes_in_from_outside_the_groups" {
  command = plan

  assert {
    condition = alltrue(concat(
      [for rule in aws_vpc_security_group_ingress_rule.from_clients : rule.cidr_ipv4 == null],
      [aws_vpc_security_group_ingress_rule.jobs.cidr_ipv4 == null],
    ))
    error_message = "Rules name groups, not addresses."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.from_clients["jobs-database"].from_port == 3306 && aws_vpc_security_group_ingress_rule.from_clients["replication-warehouse"].from_port == 5439
    error_message = "Jobs and the replication reach the database and the warehouse on their ports."
  }
}

run "one_zone_is_refused" {
  command = plan

  variables {
    zones = ["us-east-1a"]
  }

  expect_failures = [var.zones]
}
