"""A home's state kept under a name, and put back: `etl snapshot` and `etl reset`.

    layout       which files and folders of a home are state; what an engine keeps outside the home belongs to it
    activity     what is under way and would be cut in two
    objects      what S3 knows of objects, carried to their copies
    exchange     new state in the place of the old, in steps that can be finished after a kill
    store        save, restore, list, delete, reset

What the endpoint holds in memory only is not state: metrics, log events, messages of queues, records of streams.
"""

from __future__ import annotations

from localaws.snapshots.store import Snapshot, Snapshots

__all__ = ["Snapshot", "Snapshots"]
