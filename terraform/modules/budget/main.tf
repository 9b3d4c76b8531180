# A month's budget of what carries the platform's tag, with alerts before and when it is spent.

resource "aws_budgets_budget" "this" {
  name         = var.name
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(var.monthly_usd)
  limit_unit   = "USD"

  cost_filter {
    name   = "TagKeyValue"
    values = [format("user:%s$%s", var.tag.key, var.tag.value)]
  }

  dynamic "notification" {
    for_each = { forecast = { kind = "FORECASTED", percent = 100 }, most = { kind = "ACTUAL", percent = 80 }, all = { kind = "ACTUAL", percent = 100 } }

    content {
      comparison_operator       = "GREATER_THAN"
      notification_type         = notification.value.kind
      threshold                 = notification.value.percent
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [var.topic_arn]
    }
  }
}
