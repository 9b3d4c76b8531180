"""EventBridge: rules that fire, by events and by schedule, and targets that are reached."""
