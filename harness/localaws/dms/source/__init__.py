"""The MySQL-compatible source: its catalog, a consistent snapshot of it, and its binlog."""
