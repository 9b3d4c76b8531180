"""What was run: one row for each statement, from which STL_QUERY, SYS_QUERY_HISTORY and their like are made."""
