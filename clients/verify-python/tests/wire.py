"""What stands between a verifier and the server: a wire that can be cut, and a server of keys that change."""

import json
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit


class Wire:
    """A wire to the server that can be cut, or carry nothing more without a word."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._server = (address.hostname, address.port)
        self._state = "whole"
        self._sockets: set[socket.socket] = set()
        # Open, but they carry nothing, as those of a machine that slept.
        self._stranded: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/service/rpc"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        # Wakes the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut(self) -> None:
        self._state = "cut"
        for end in list(self._sockets):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def silence(self) -> None:
        self._state = "silent"

    def strand(self) -> None:
        """The connections of now carry nothing more without a word; new ones do."""
        self._stranded |= self._sockets

    def mend(self) -> None:
        self._state = "whole"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._state == "cut":
                    near.close()
                    continue
                far = socket.create_connection(self._server)
                self._sockets |= {near, far}
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self._state == "whole" and source not in self._stranded:
                    target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._sockets.discard(source)
        source.close()


class WebServer:
    """Answers every request with ``document``, or sends it to ``elsewhere``."""

    def __init__(self) -> None:
        self.document: Any = {}
        self.elsewhere: str | None = None
        self.asked = 0
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                web.asked += 1
                body = json.dumps(web.document).encode()
                self.send_response(302 if web.elsewhere else 200)
                if web.elsewhere:
                    self.send_header("Location", web.elsewhere)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nobody reads it."""

        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._listener.server_port}"
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown()
        self._listener.server_close()
