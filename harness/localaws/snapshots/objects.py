"""What S3 knows of objects, carried from files to their copies.

A record belongs to one state of a file, its inode included (`localaws.s3.metadata`), which a copy does not have. An object without a
record has an ETag that follows from that state: the copy gets a record with it, so that clients find every ETag as it was.
"""

from __future__ import annotations

import os
from pathlib import Path

from localaws.s3.keys import is_hidden
from localaws.s3.metadata import MetadataStore

__all__ = ["carry_records"]


def carry_records(originals: Path, copies: Path, records: Path) -> None:
    """Make `records` (of all buckets, in the state of `originals`) those of `copies`. Each is a folder with a folder for each bucket."""
    for bucket in sorted(entry.name for entry in os.scandir(copies) if entry.is_dir()) if copies.exists() else []:
        store = MetadataStore(records / bucket)
        for folder, folders, files in os.walk(copies / bucket):
            inside = os.path.relpath(folder, copies / bucket)
            for name in [*(each + "/" for each in folders), *files]:
                if not is_hidden(name):
                    key = os.path.normpath(os.path.join(inside, name)) + ("/" if name.endswith("/") else "")
                    store.carry(key, os.stat(originals / bucket / key), os.stat(copies / bucket / key))
