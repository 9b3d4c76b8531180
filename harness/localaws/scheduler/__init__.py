"""EventBridge Scheduler: schedules are moto's, and here they fire."""
