"""RDS: one instance, which is the MySQL-compatible server of the home."""
