# A network without a way to the internet: private subnets, and endpoints of the services that are called from them.

locals {
  interface_services = var.interface_endpoints
  zones              = { for index, zone in var.zones : zone => index }

  servers = {
    database  = { group = aws_security_group.database.id, port = var.ports.database }
    warehouse = { group = aws_security_group.warehouse.id, port = var.ports.warehouse }
    endpoints = { group = aws_security_group.endpoints.id, port = 443 }
  }

  clients = {
    functions   = aws_security_group.functions.id
    jobs        = aws_security_group.jobs.id
    replication = aws_security_group.replication.id
  }

  # Who calls whom: functions, jobs and the replication reach the database, the warehouse and the endpoints.
  ways = merge([
    for client, group in local.clients : {
      for server, way in local.servers : "${client}-${server}" => { client = client, from = group, server = server, to = way.group, port = way.port }
    }
  ]...)

  gateways = merge([
    for client, group in { jobs = aws_security_group.jobs.id, replication = aws_security_group.replication.id } : {
      for service in ["dynamodb", "s3"] : "${client}-${service}" => { from = group, service = service } if client == "jobs" || service == "s3"
    }
  ]...)
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = { Name = var.name }
}

# The default group lets everything through unless it is taken over and left empty.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "private" {
  for_each = local.zones

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = cidrsubnet(var.cidr, 4, each.value)
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = toset(["dynamodb", "s3"])

  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private.id]
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.interface_services

  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.endpoints.id]
}

resource "aws_security_group" "functions" {
  # checkov:skip=CKV2_AWS_5: other modules attach it
  name        = "${var.name}-functions"
  description = "Interfaces of functions that reach servers"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "jobs" {
  # checkov:skip=CKV2_AWS_5: other modules attach it
  name        = "${var.name}-jobs"
  description = "Interfaces of Glue jobs"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "replication" {
  # checkov:skip=CKV2_AWS_5: other modules attach it
  name        = "${var.name}-replication"
  description = "The replication instance"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "database" {
  # checkov:skip=CKV2_AWS_5: other modules attach it
  name        = "${var.name}-database"
  description = "The source database"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "warehouse" {
  # checkov:skip=CKV2_AWS_5: other modules attach it
  name        = "${var.name}-warehouse"
  description = "The warehouse"
  vpc_id      = aws_vpc.this.id
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "Endpoints of services"
  vpc_id      = aws_vpc.this.id
}

# Spark's workers of a job talk to each other on any port: Glue asks for a group that lets itself through.
resource "aws_vpc_security_group_ingress_rule" "jobs" {
  # checkov:skip=CKV_AWS_24: the source is the group itself, not an address; Glue asks for every port between workers
  # checkov:skip=CKV_AWS_25: the source is the group itself, not an address; Glue asks for every port between workers
  # checkov:skip=CKV_AWS_260: the source is the group itself, not an address; Glue asks for every port between workers
  security_group_id            = aws_security_group.jobs.id
  description                  = "Workers of a job"
  referenced_security_group_id = aws_security_group.jobs.id
  ip_protocol                  = "tcp"
  from_port                    = 0
  to_port                      = 65535
}

resource "aws_vpc_security_group_egress_rule" "jobs" {
  security_group_id            = aws_security_group.jobs.id
  description                  = "To the workers"
  referenced_security_group_id = aws_security_group.jobs.id
  ip_protocol                  = "tcp"
  from_port                    = 0
  to_port                      = 65535
}

resource "aws_vpc_security_group_egress_rule" "to_servers" {
  for_each = local.ways

  security_group_id            = each.value.from
  description                  = "To the ${each.value.server}"
  referenced_security_group_id = each.value.to
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "to_gateways" {
  for_each = local.gateways

  security_group_id = each.value.from
  description       = "To ${each.value.service}"
  prefix_list_id    = aws_vpc_endpoint.gateway[each.value.service].prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "from_clients" {
  for_each = local.ways

  security_group_id            = each.value.to
  description                  = each.value.client == "jobs" ? "From Glue jobs" : "From the ${each.value.client}"
  referenced_security_group_id = each.value.from
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_cloudwatch_log_group" "flow" {
  # checkov:skip=CKV_AWS_338: how long is a variable, a year by default
  name              = "/vpc/${var.name}"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "flow" {
  name        = "${var.name}-flow-logs"
  description = "Writes the network's flow log"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "vpc-flow-logs.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "flow" {
  name = "flow-log"
  role = aws_iam_role.flow.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "WriteFlowLog"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
      Resource = [aws_cloudwatch_log_group.flow.arn, "${aws_cloudwatch_log_group.flow.arn}:*"]
    }]
  })
}

resource "aws_flow_log" "this" {
  vpc_id          = aws_vpc.this.id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.flow.arn
  iam_role_arn    = aws_iam_role.flow.arn
}
