"""Sources and sinks: files on S3 in every format, the catalog, databases, DynamoDB, streams, and the bookmarks of what was read.

Data flow of a read: `context` → `sources` (which connection) → `s3_source`, `jdbc`, `dynamodb`… → records. An S3 read is: options checked
(`options`), files listed (`files`), old ones left out (`bookmarks`), the rest read by the format's module. A write goes the other way,
through `sinks`, and may end in the catalog (`catalog_updates`). What is not in a table of options is refused by name: an option that is
ignored would be a silent difference.
"""

from __future__ import annotations

__all__: list[str] = []
