"""A network between a task and a server, which a test can cut and mend."""

from __future__ import annotations

import contextlib
import socket
import threading


class Wire:
    """Passes bytes on to a server. While it is cut, nobody is connected and nobody gets in."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self.port = 0
        self.mend()

    def mend(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port, self._listener = listener.getsockname()[1], listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        with self._lock:
            _end(self._listener)
            pairs, self._pairs = self._pairs, []
            for one in (one for pair in pairs for one in pair):
                _end(one)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it is cut
            while True:
                near, _ = listener.accept()
                with self._lock:
                    if listener is not self._listener or listener.fileno() < 0:
                        _end(near)
                        return
                    far = socket.create_connection(self._server)
                    self._pairs.append((near, far))
                for here, there in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(here, there), daemon=True).start()


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
