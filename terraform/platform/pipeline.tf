# What runs a batch, starts it, and tells how it ended.

module "pipeline" {
  source = "../modules/state_machine"

  platform        = local.platform
  name            = local.pipeline.name
  jobs            = toset(flatten([for step in local.pipeline.steps : step.branches[*].job]))
  crawlers        = toset(local.pipeline.crawl.crawlers)
  state_table_arn = module.state_table["etl-state"].arn
  topic_arn       = module.topic.arn
  log_days        = var.log_days

  definition = templatefile("${var.folder}/pipelines/${local.pipeline.name}.asl.json", {
    topic_arn   = module.topic.arn
    state_table = module.state_table["etl-state"].name
  })
}

locals {
  # By name, so that a rule and the function it calls need not wait for each other.
  rule_arns = { for name in ["arrivals", "failures"] : name => "arn:aws:events:${var.region}:${var.account_id}:rule/${var.name}-${name}" }

  functions = {
    landing-validator = {
      description = "Checks that a delivery is complete when its manifest arrives"
      environment = { TOPIC_ARN = module.topic.arn }
      callers     = { arrivals = { service = "events.amazonaws.com", source_arn = local.rule_arns.arrivals } }
      statements = [
        { sid = "ReadDelivery", actions = ["s3:GetObject", "s3:ListBucket"], resources = [module.bucket["landing"].arn, "${module.bucket["landing"].arn}/*"] },
        { sid = "Tell", actions = ["sns:Publish"], resources = [module.topic.arn] },
      ]
    }
    api-trigger = {
      description = "Starts a batch, once: the one that is asked for, or the day's"
      environment = { STATE_MACHINE_ARN = module.pipeline.arn }
      callers     = {}
      statements  = [{ sid = "Start", actions = ["states:StartExecution"], resources = [module.pipeline.arn] }]
    }
    run-notifier = {
      description = "Tells people about a job that failed outside of a batch"
      environment = { TOPIC_ARN = module.topic.arn }
      callers     = { failures = { service = "events.amazonaws.com", source_arn = local.rule_arns.failures } }
      statements  = [{ sid = "Tell", actions = ["sns:Publish"], resources = [module.topic.arn] }]
    }
    secret-rotation = {
      description = "Gives the users of the source database and of the warehouse new passwords"
      environment = { DATABASE_TLS = var.verified_connections ? "verify" : "off" }
      callers     = { for name, arn in local.rotated : name => { service = "secretsmanager.amazonaws.com", source_arn = arn } }
      statements = [
        {
          sid       = "Rotate"
          actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
          resources = values(local.rotated)
        },
        # What RDS and Redshift call the secrets of administrators, which they rotate themselves.
        { sid = "Administrators", actions = ["secretsmanager:GetSecretValue"], resources = [for name in ["rds!db-*", "redshift!*"] : "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:${name}"] },
        { sid = "Password", actions = ["secretsmanager:GetRandomPassword"], resources = ["*"] }, # it knows no resource
      ]
    }
  }

  # The functions that reach servers, the drivers that they need, and how long a server may let them wait.
  inside = ["secret-rotation"]
}

module "function" {
  source   = "../modules/lambda_function"
  for_each = local.functions

  platform    = local.platform
  name        = each.key
  description = each.value.description
  package     = "${var.function_packages}/${replace(each.key, "-", "_")}.zip"
  environment = merge(each.value.environment, { POWERTOOLS_SERVICE_NAME = each.key, POWERTOOLS_LOG_LEVEL = "INFO" })
  statements  = each.value.statements
  callers     = each.value.callers
  layers      = concat(var.function_layers, contains(local.inside, each.key) ? var.driver_layers : [])
  log_days    = var.log_days

  timeout_seconds = contains(local.inside, each.key) ? 120 : 30
  network = !contains(local.inside, each.key) ? null : {
    subnet_ids = values(module.network.subnets), security_group_ids = [module.network.security_groups.functions]
  }
}

module "arrivals" {
  source = "../modules/event_rule"

  name         = "${var.name}-arrivals"
  description  = "A sender's manifest arrived in landing"
  function_arn = module.function["landing-validator"].arn

  pattern = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created"]
    detail = {
      bucket = { name = [module.bucket["landing"].name] }
      object = { key = [{ wildcard = "csv/*/manifest.json" }] }
    }
  })
}

module "failures" {
  source = "../modules/event_rule"

  name         = "${var.name}-failures"
  description  = "A job outside of the pipeline ended badly"
  function_arn = module.function["run-notifier"].arn

  pattern = jsonencode({
    source        = ["aws.glue"]
    "detail-type" = ["Glue Job State Change"]
    detail        = { state = ["FAILED", "TIMEOUT", "ERROR"], jobName = ["maintenance"] }
  })
}

module "daily" {
  source = "../modules/schedule"
  count  = var.schedule == null ? 0 : 1

  platform     = { name = var.name, account_id = var.account_id, kms_key_arn = module.key.arn }
  name         = "daily"
  description  = "The batch of the day, by the function that knows its name"
  expression   = var.schedule
  function_arn = module.function["api-trigger"].arn
  input        = "{\"source\": \"aws.events\", \"time\": \"<aws.scheduler.scheduled-time>\"}"
}

module "monitoring" {
  source = "../modules/monitoring"

  platform          = local.platform
  state_machine_arn = module.pipeline.arn
  jobs              = toset(keys(local.jobs))
  functions         = { for name, function in module.function : name => function.name }
  topic_arn         = module.topic.arn
  log_days          = var.log_days
}
