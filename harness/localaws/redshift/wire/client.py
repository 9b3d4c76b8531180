"""The client's end of a connection: whole messages in, bytes out, over TLS or not."""

from __future__ import annotations

import socket
import ssl
import struct

from localaws.redshift.wire.protocol import LONGEST_MESSAGE, ProtocolError

__all__ = ["Client", "ClientGoneError"]

_CHUNK = 1 << 18


class ClientGoneError(Exception):
    """The client closed its connection."""


class Client:
    """A buffer in front of a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket: socket.socket | ssl.SSLSocket = connection
        self._buffer = bytearray()
        self._at = 0

    @property
    def encrypted(self) -> bool:
        return isinstance(self.socket, ssl.SSLSocket)

    @property
    def pending(self) -> bool:
        """Whether TLS holds bytes that the socket will not announce any more."""
        return isinstance(self.socket, ssl.SSLSocket) and self.socket.pending() > 0

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Bytes that came before the answer to SSLRequest would be an injection: they end the connection."""
        if self._at < len(self._buffer):
            raise ProtocolError("received unencrypted data after SSL request")
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def send(self, data: bytes | bytearray | memoryview) -> None:
        try:
            self.socket.sendall(data)
        except (OSError, ssl.SSLError) as error:
            raise ClientGoneError(str(error)) from error

    def fill(self) -> None:
        """Waits for more bytes."""
        try:
            data = self.socket.recv(_CHUNK)
        except (OSError, ssl.SSLError) as error:
            raise ClientGoneError(str(error)) from error
        if not data:
            raise ClientGoneError("closed")
        if self._at:
            del self._buffer[: self._at]
            self._at = 0
        self._buffer += data

    def startup(self) -> bytes:
        """A message without a kind, as the first ones are; at most 10,000 bytes, as PostgreSQL has it."""
        length = self._length(0)
        if not 8 <= length <= 10_000:
            raise ProtocolError(f"invalid length of startup packet: {length}")
        return self._take(length)[4:]

    def read(self) -> tuple[bytes, bytes]:
        """The next message, waiting for it."""
        while (found := self.next()) is None:
            self.fill()
        return found

    def next(self) -> tuple[bytes, bytes] | None:
        """The next message if all of it is here: its kind and its body."""
        here = len(self._buffer) - self._at
        if here < 5:
            return None
        (length,) = struct.unpack_from(">I", self._buffer, self._at + 1)
        if not 4 <= length <= LONGEST_MESSAGE:
            raise ProtocolError(f"invalid message length {length}")
        if here < length + 1:
            return None
        whole = bytes(self._buffer[self._at : self._at + length + 1])
        self._at += length + 1
        return whole[:1], whole[5:]

    def _length(self, offset: int) -> int:
        while len(self._buffer) - self._at < offset + 4:
            self.fill()
        return int(struct.unpack_from(">I", self._buffer, self._at + offset)[0])

    def _take(self, size: int) -> bytes:
        while len(self._buffer) - self._at < size:
            self.fill()
        found = bytes(self._buffer[self._at : self._at + size])
        self._at += size
        return found
