"""The witness's HTTP interface: `POST /add-checkpoint` and `GET /<origin hash>/checkpoint` (C2SP tlog-witness)."""

import hashlib
import socket
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from client import output
from client.witness import rules
from client.witness.store import Store
from governance.proof.formats.add_checkpoint import MAX_BODY, PATH
from governance.proof.formats.cosignature import Cosigner

SILENT_SECONDS = 30  # a connection that says nothing for longer is closed


class Witness(ThreadingHTTPServer):
    """Serves one witness. Requests are judged one after the other by the store's lock, whatever thread they are in."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], store: Store, cosigners: Sequence[Cosigner]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.store = store
        self.cosigners = cosigners
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Witness
    protocol_version = "HTTP/1.1"
    server_version = "countersign-witness"
    sys_version = ""
    timeout = SILENT_SECONDS

    def do_POST(self) -> None:
        try:
            submission = rules.read(self._body(), self.server.store.logs())
            lines = self.server.store.cosign(submission, self.server.cosigners)
        except rules.Refusal as refusal:
            self._answer(refusal.status, refusal.body, refusal.content_type)
            return
        self._answer(200, lines)

    def do_GET(self) -> None:
        for origin in self.server.store.logs():
            if self.path == f"/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint":
                note = self.server.store.newest(origin)
                if note is not None:
                    self._answer(200, note)
                    return
        self._answer(rules.UNKNOWN, "this witness has cosigned no checkpoint of that log\n")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True  # what follows cannot be told from the next request
            raise rules.Refusal(rules.BAD, f"found a body of length {length!r}, expected at most {MAX_BODY} bytes")
        body = self.rfile.read(int(length))
        if self.path != PATH:
            raise rules.Refusal(rules.UNKNOWN, f"found {self.path!r}, expected {PATH}")
        return body

    def _answer(self, status: int, text: str, content_type: str = rules.PLAIN) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  (the library's name)
        output.say(f"{self.log_date_time_string()} {self.address_string()} {format % arguments}", err=True)
