"""CloudTrail: who asked the endpoint for what, kept for LookupEvents and delivered to the buckets of trails."""
