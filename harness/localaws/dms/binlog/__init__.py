"""The row binlog as columns: framing in Python, row images decoded by NumPy, many events at a time (docs/decisions)."""
