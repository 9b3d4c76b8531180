"""A binlog's items, read and decoded by a thread of its own, a few buffers ahead of who applies them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

from localaws.dms.binlog.events import Changes, Item
from localaws.dms.source.stream import BinlogStream

__all__ = ["items_of"]

_LINGER = 0.1
_WAITING = 8


def items_of(stream: BinlogStream, before_error: Callable[[], None]) -> Iterator[Item | None]:
    """Items as they come, None when nothing has for a moment. A decoder's error is raised here, after `before_error` is called."""
    waiting: queue.Queue[list[Item] | BaseException] = queue.Queue(_WAITING)
    ended = threading.Event()

    def put(found: list[Item] | BaseException) -> None:
        while not ended.is_set():
            try:
                return waiting.put(found, timeout=0.2)
            except queue.Full:
                continue

    def read() -> None:
        try:
            while not ended.is_set():
                put(list(stream.read(_LINGER)))
        except BaseException as error:  # noqa: BLE001 - handed to the consumer, which raises it
            put(error)

    reader = threading.Thread(target=read, name="binlog", daemon=True)
    reader.start()
    try:
        while True:
            try:
                found = waiting.get(timeout=_LINGER)
            except queue.Empty:
                yield None
                continue
            if isinstance(found, BaseException):
                before_error()
                raise found
            yield from found
            yield None if waiting.empty() else Changes()
    finally:
        ended.set()
        stream.close()
        reader.join(timeout=5)
