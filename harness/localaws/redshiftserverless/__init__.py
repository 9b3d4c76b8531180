"""Redshift Serverless: namespaces and workgroups, whose data and endpoint are the local Redshift's."""
