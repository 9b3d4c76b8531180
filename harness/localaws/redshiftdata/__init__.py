"""The Amazon Redshift Data API on the local Redshift: statements run on PostgreSQL, with true states that outlive the endpoint."""
