# A rule of EventBridge, by schedule or by pattern, and the function that it calls.

resource "aws_cloudwatch_event_rule" "this" {
  name                = var.name
  description         = var.description
  schedule_expression = var.schedule
  event_pattern       = var.pattern
  state               = var.enabled ? "ENABLED" : "DISABLED"

  lifecycle {
    precondition {
      condition     = (var.schedule == null) != (var.pattern == null)
      error_message = "A rule has either a schedule or a pattern."
    }
  }
}

resource "aws_cloudwatch_event_target" "this" {
  rule = aws_cloudwatch_event_rule.this.name
  arn  = var.function_arn

  dynamic "dead_letter_config" {
    for_each = var.dead_letter_queue_arn[*]

    content {
      arn = dead_letter_config.value
    }
  }

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 10
  }
}
