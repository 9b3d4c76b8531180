mock_provider "aws" {}

variables {
  name        = "wholesale"
  monthly_usd = 300
  tag         = { key = "project", value = "wholesale" }
  topic_arn   = "arn:aws:sns:us-east-1:123456789012:wholesale-runs"
}

run "the_budget_counts_what_carries_the_tag_and_warns_before_it_is_spent" {
  command = plan

  assert {
    condition     = one(aws_budgets_budget.this.cost_filter).values == tolist(["user:project$wholesale"])
    error_message = "The filter is the tag as Budgets writes it."
  }

  assert {
    condition     = anytrue([for notification in aws_budgets_budget.this.notification : notification.notification_type == "FORECASTED"])
    error_message = "A forecast warns before the money is spent."
  }
}

run "a_budget_of_nothing_is_refused" {
  command = plan

  variables {
    monthly_usd = 0
  }

  expect_failures = [var.monthly_usd]
}
