"""The source's binlog as a replica reads it: COM_BINLOG_DUMP on a socket, a buffer at a time."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from localaws.dms.binlog.decode import BeforeColumns, decode
from localaws.dms.binlog.events import Item, Position
from localaws.dms.binlog.frames import Framer, RowEvents
from localaws.dms.binlog.rows import PADDING
from localaws.dms.exceptions import SourceError, SourceLostError
from localaws.dms.source.connection import MySqlAddress, fileno, open_source, shut_down, source_errors

__all__ = ["BinlogStream", "read_charsets"]

_BUFFER = 8 << 20
_HEARTBEAT = 0.5
_SILENCE = 10.0
"""Seconds without even a heartbeat after which the source is taken for lost."""
_COM_BINLOG_DUMP = 0x12


class BinlogStream:
    """Reads on from a position. Not for several threads."""

    def __init__(
        self, address: MySqlAddress, position: Position, server_id: int, wanted: Callable[[str, str], bool], before: BeforeColumns
    ) -> None:
        self._before, self._connection = before, open_source(address)
        try:
            charsets = read_charsets(self._connection)
            self._check_settings()
            mariadb = "MariaDB" in self._connection.get_server_info()
            self.framer = Framer(position.file, charsets, wanted, self._ask_for(position, server_id), mariadb)
        except BaseException:
            self._connection.close()
            raise
        self._socket: socket.socket = self._connection._sock  # type: ignore[attr-defined]
        self._rest = b""
        self._size = _BUFFER

    def close(self) -> None:
        """Whoever reads has an error at once."""
        if (number := fileno(self._connection)) is not None:
            shut_down(number)
        self._connection._force_close()  # type: ignore[attr-defined] # the protocol has no way back to queries

    def read(self, wait: float) -> Iterator[Item]:
        """What came within `wait` seconds, or until the buffer is full. Nothing comes within an event.

        Raises:
            SourceLostError: the connection ended.
            BinlogError: an event cannot be read.
        """
        buffer, end = self._fill(wait)
        framed, at = self.framer.frame(buffer, 0, end)
        self._rest = bytes(memoryview(buffer)[at:end])
        self._size = max(_BUFFER, 2 * len(self._rest))
        array = np.frombuffer(buffer, np.uint8)
        for item in framed:
            yield decode(array, item, self._before) if isinstance(item, RowEvents) else item

    def _fill(self, wait: float) -> tuple[bytearray, int]:
        buffer = bytearray(self._size + PADDING)
        end = len(self._rest)
        buffer[:end] = self._rest
        view = memoryview(buffer)[: self._size]
        deadline = time.monotonic() + wait
        silence = time.monotonic() + _SILENCE
        while end < self._size:
            left = deadline - time.monotonic()
            if left <= 0 and end:
                break
            self._socket.settimeout(max(left, 0.001) if end else max(silence - time.monotonic(), 0.001))
            try:
                count = self._socket.recv_into(view[end:])
            except TimeoutError as error:
                if end:
                    break
                raise SourceLostError(f"The source has sent nothing for {_SILENCE:.0f} s, not even heartbeats.") from error
            except OSError as error:
                raise SourceLostError(f"The connection to the source ended: {error}. The task tries again.") from error
            if not count and end > len(self._rest):
                break  # an error's packet may be the last that came
            if not count:
                raise SourceLostError("The source closed the connection. The task tries again.")
            end += count
        return buffer, end

    def _ask_for(self, position: Position, server_id: int) -> int:
        """Starts the stream; gives the bytes that each event has as its checksum."""
        with source_errors(), self._connection.cursor() as cursor:
            # Events are taken with the checksums they have; a MariaDB that is not told of GTIDs sends stand-ins for them.
            cursor.execute(
                "SET @master_binlog_checksum=@@GLOBAL.binlog_checksum, @source_binlog_checksum=@@GLOBAL.binlog_checksum, "
                f"@mariadb_slave_capability=4, @master_heartbeat_period={int(_HEARTBEAT * 1e9)}, "
                f"@source_heartbeat_period={int(_HEARTBEAT * 1e9)}"
            )
            cursor.execute("SELECT @@GLOBAL.binlog_checksum")
            (checksum,) = cursor.fetchone() or ("NONE",)
        name = position.file.encode()
        payload = struct.pack("<BIHI", _COM_BINLOG_DUMP, position.offset, 0, server_id) + name
        with source_errors():
            self._connection._write_bytes(len(payload).to_bytes(3, "little") + b"\0" + payload)  # type: ignore[attr-defined]
        return 4 if checksum != "NONE" else 0

    def _check_settings(self) -> None:
        wanted = {"log_bin": ("1", "ON"), "binlog_format": ("ROW",), "binlog_row_image": ("FULL",), "binlog_row_metadata": ("FULL",)}
        with source_errors(), self._connection.cursor() as cursor:
            cursor.execute("SHOW GLOBAL VARIABLES WHERE Variable_name IN %s", (tuple(wanted),))
            found = dict(cursor.fetchall())
        for name, values in wanted.items():
            if str(found.get(name, "")).upper() not in values:
                raise SourceError(
                    f"The source has {name}={found.get(name, '(none)')}, and change data capture needs {values[-1]}: "
                    "set it in the server's parameters (RDS: the parameter group)."
                )


def read_charsets(connection: Any) -> dict[int, str]:
    """Character set by collation number, as this server numbers them."""
    with source_errors(), connection.cursor() as cursor:
        try:
            view = "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
            cursor.execute(f"SELECT ID, CHARACTER_SET_NAME FROM {view} WHERE ID IS NOT NULL")
        except connection.OperationalError:  # MySQL's view has no numbers
            cursor.execute("SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS")
        return {int(number): charset for number, charset in cursor.fetchall()}
