"""Audit logging of the local Redshift: who connected, which users changed, what was run, in the buckets and log groups that ask for it."""
