"""Retention: what is due is deleted, and nothing else. Lifecycle rules of buckets, time to live of tables, retention of log groups."""
