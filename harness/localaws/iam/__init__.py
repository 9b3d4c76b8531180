"""Who calls the endpoint and, when it is asked to enforce, whether policies let them: callers, policies, decisions."""
