"""Lambda: functions run with their own code, each environment in a process of its own."""
