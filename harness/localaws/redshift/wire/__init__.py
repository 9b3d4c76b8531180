"""The local Redshift as its clients see it: PostgreSQL's wire protocol (version 3), with Redshift's start-up, log-in and SQL."""
