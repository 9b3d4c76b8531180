"""Provisioned Redshift: one cluster, which is the local Redshift of the home."""
