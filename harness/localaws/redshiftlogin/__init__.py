"""Log-in to the local Redshift by IAM: temporary passwords, as Redshift's control planes give them (cluster and serverless)."""
