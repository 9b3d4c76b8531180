"""A network between a task and a server, which a test can cut and mend."""

from __future__ import annotations

import contextlib
import socket
import threading


class Wire:
    """Passes bytes on to a server. While it is cut, nobody stays connected. Its port stays its own until it is closed."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock, self._whole = threading.Lock(), True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def mend(self) -> None:
        with self._lock:
            self._whole = True

    def cut(self) -> None:
        with self._lock:
            self._whole = False
            pairs, self._pairs = self._pairs, []
        for one in (one for pair in pairs for one in pair):
            _end(one)

    def close(self) -> None:
        self.cut()
        _end(self._listener)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it is closed
            while True:
                self._connect(self._listener.accept()[0])

    def _connect(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._server)
        except OSError:
            return _end(near)
        with self._lock:
            whole = self._whole
            if whole:
                self._pairs.append((near, far))
        if not whole:
            _end(near)
            return _end(far)
        for here, there in ((near, far), (far, near)):
            threading.Thread(target=_pass_on, args=(here, there), daemon=True).start()
        return None


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := here.recv(1 << 16):
            there.sendall(part)
    _end(here)
    _end(there)


def _end(one: socket.socket) -> None:
    """Wakes whoever waits for it, too."""
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
