# A Glue workflow: its triggers, one that starts it and others that wait for jobs.

resource "aws_glue_workflow" "this" {
  name                = var.name
  description         = var.description
  max_concurrent_runs = 1
}

resource "aws_glue_trigger" "start" {
  name          = "${var.name}-start"
  workflow_name = aws_glue_workflow.this.name
  type          = var.schedule == null ? "ON_DEMAND" : "SCHEDULED"
  schedule      = var.schedule
  enabled       = var.schedule == null ? false : var.enabled # one on demand that is enabled would start when it is made

  dynamic "actions" {
    for_each = var.first

    content {
      job_name  = actions.value.job
      arguments = actions.value.arguments
    }
  }
}

resource "aws_glue_trigger" "after" {
  for_each = var.after

  name          = "${var.name}-${each.key}"
  workflow_name = aws_glue_workflow.this.name
  type          = "CONDITIONAL"
  enabled       = var.enabled

  dynamic "actions" {
    for_each = each.value.start

    content {
      job_name  = actions.value.job
      arguments = actions.value.arguments
    }
  }

  predicate {
    logical = "AND"

    dynamic "conditions" {
      for_each = each.value.succeeded

      content {
        job_name = conditions.value
        state    = "SUCCEEDED"
      }
    }
  }
}
