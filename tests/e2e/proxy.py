"""A TCP proxy before the web server that can break every connection, as networks do."""

from __future__ import annotations

import contextlib
import socket
import threading

STREAM = b"GET /api/events"


class Proxy:
    """Forwards to a port of this machine; `asked` is all that clients have sent."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self.asked = bytearray()
        self.open = threading.Event()
        """While it is cleared, requests for the event stream wait here."""
        self.open.set()
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def streams(self) -> int:
        """Requests for the event stream so far."""
        return self.asked.count(STREAM)

    def cut(self) -> None:
        """Break all connections; new ones are accepted as before."""
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for end in (end for pair in pairs for end in pair):
            _close(end)

    def close(self) -> None:
        """Stop listening, and cut."""
        self.open.set()
        _close(self._server)
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client = self._server.accept()[0]
                server = socket.create_connection(self._target)
                with self._lock:
                    self._pairs.append((client, server))
                threading.Thread(target=self._pump, args=(client, server), daemon=True).start()
                threading.Thread(target=self._pump, args=(server, client), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if source.getpeername() != self._target:
                    self.asked += data
                    if STREAM in data:
                        self.open.wait()
                sink.sendall(data)
        _close(source)
        _close(sink)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
