"""Crawlers that crawl: what lies in S3, in a database or in DynamoDB becomes tables and partitions of the catalog."""
