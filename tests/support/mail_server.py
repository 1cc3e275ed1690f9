"""A mail server of a test's own on the loopback interface: enough of SMTP (RFC 5321) to take letters."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_string, policy
from email.message import EmailMessage
from typing import Any


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps what it took in `letters`; `on_letter` is called before a letter is acknowledged."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.letters: list[EmailMessage] = []
        self.on_letter: Callable[[], None] = lambda: None
        self.refuse: set[str] = set()

    @property
    def place(self) -> tuple[str, int]:
        """Its host and port."""
        return "127.0.0.1", int(self.server_address[1])

    @property
    def url(self) -> str:
        """What EMAIL_URL says to reach it."""
        return f"smtp://{self.place[0]}:{self.place[1]}"


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say(220, "test server")
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ")[0].upper()
            if verb == "DATA":
                self._say(354, "go on")
                lines = list(iter(lambda: self.rfile.readline().decode(), ".\r\n"))
                self.server.letters.append(message_from_string("".join(lines), policy=policy.default))
                self.server.on_letter()
            if verb == "RCPT" and any(address in line for address in self.server.refuse):
                self._say(550, "no such mailbox")
            else:
                self._say(221 if verb == "QUIT" else 250, "fine")
            if verb == "QUIT":
                return

    def _say(self, code: int, words: str) -> None:
        try:
            self.wfile.write(f"{code} {words}\r\n".encode())
        except BrokenPipeError:  # whoever wrote was killed
            return

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            return


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run one for the duration of a test."""
    server: Any = MailServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
