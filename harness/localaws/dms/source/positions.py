"""From a time to a position of the binlog (CdcStartTime): the file that was begun last before it, read up to the first later commit."""

from __future__ import annotations

import pymysql

from localaws.dms.binlog.events import Commit, Position, Statement
from localaws.dms.exceptions import BinlogGoneError, SourceError
from localaws.dms.source.connection import MySqlAddress, connected, source_errors
from localaws.dms.source.snapshot import current_position
from localaws.dms.source.stream import BinlogStream

__all__ = ["end_after", "position_at"]

_BEGIN = 4
_WAIT = 0.5


def position_at(address: MySqlAddress, seconds: int, server_id: int) -> Position:
    """Where what was committed at that second, or later, begins. Seconds are since the epoch, as the source's clock was.

    Raises:
        BinlogGoneError: the source's oldest binlog was begun after that time.
        SourceError: there is no binlog.
    """
    files = _files(address)
    for number, file in enumerate(reversed(files)):
        stream = BinlogStream(address, Position(file, _BEGIN), server_id, lambda schema, table: False, lambda table: None)
        try:
            stream.framer.moments, stream.framer.only_times = [seconds - 1], True
            found = _first_after(stream, Position(file, _BEGIN), seconds)
        finally:
            stream.close()
        if found is not None:
            return found
        if number == len(files) - 1 and int(file.rpartition(".")[2]) > 1:
            raise BinlogGoneError(Position(file, _BEGIN), "the time to start from lies before the oldest binlog that is kept")
    return Position(files[0], _BEGIN)


def _first_after(stream: BinlogStream, begin: Position, seconds: int) -> Position | None:
    """The end of the last commit before the time; None when the file was begun later."""
    last = begin
    while True:
        for item in stream.read(_WAIT):
            if stream.framer.created >= seconds:
                return None
            if isinstance(item, Commit | Statement):
                if item.seconds >= seconds:
                    return last
                last = item.position
        if stream.framer.created >= seconds:
            return None
        if stream.framer.caught_up:
            return last


def _files(address: MySqlAddress) -> list[str]:
    with connected(address) as connection, source_errors(), connection.cursor() as cursor:
        try:
            cursor.execute("SHOW BINARY LOGS")
        except pymysql.err.OperationalError as error:
            raise SourceError(f"The source does not list its binlogs: {error.args[-1]}. Set log_bin, grant REPLICATION CLIENT.") from error
        return [str(row[0]) for row in cursor.fetchall()]


def end_after(address: MySqlAddress, seconds: int) -> Position | None:
    """The end of the binlog when that second is over by the source's clock, so that nothing later was committed in it; None before."""
    with connected(address) as connection:
        with source_errors(), connection.cursor() as cursor:
            cursor.execute("SELECT FLOOR(UNIX_TIMESTAMP(SYSDATE()))")
            (now,) = cursor.fetchone() or (0,)
        return current_position(connection) if int(now) > seconds else None
