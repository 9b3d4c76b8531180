"""Object storage: S3's operations on objects over plain files, which Spark sees at the same time."""
