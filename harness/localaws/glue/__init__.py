"""The Glue service: the catalog, and job runs that really run."""
