"""Request bodies straight from the socket.

cheroot reads through Python's own `_pyio`, which allocates a whole buffer for each piece that arrives: 160 MB/s for an
upload. Reading into one buffer until it is full gives several times that, and needs no more memory.
"""

from __future__ import annotations

from typing import Any

__all__ = ["SocketBody"]


class SocketBody:
    """The body of a request whose length is known, in the place of cheroot's reader of it."""

    def __init__(self, known_length: Any, connection: Any) -> None:
        self._known_length = known_length
        self._buffered = known_length.rfile
        self._socket = connection.socket

    def read(self, size: int = -1) -> bytes | bytearray:
        """The next `size` bytes, fewer at the end."""
        left = self._known_length.remaining
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted <= 0:
            return b""
        if self._buffered.has_data():
            ready = len(self._buffered._read_buf) - self._buffered._read_pos
            data: bytes = self._known_length.read(min(wanted, ready))
            return data
        buffer = bytearray(wanted)
        view, filled = memoryview(buffer), 0
        while filled < wanted:
            received = self._socket.recv_into(view[filled:])
            if not received:
                break
            filled += received
        self._known_length.remaining -= filled
        view.release()
        if filled < wanted:
            del buffer[filled:]
        return buffer

    def readline(self, size: int = -1) -> bytes:
        """The next line, for S3's chunk headers."""
        line: bytes = self._known_length.readline(size if size and size > 0 else None)
        return line
