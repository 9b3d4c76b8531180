"""The local replication engine: what AWS DMS does with the same table mappings and task settings, from MySQL to its targets."""
