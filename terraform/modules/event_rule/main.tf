# A rule of EventBridge: the pattern of the events, and the function that it calls.

resource "aws_cloudwatch_event_rule" "this" {
  name          = var.name
  description   = var.description
  event_pattern = var.pattern
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
