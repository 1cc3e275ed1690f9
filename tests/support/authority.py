"""A time-stamp authority without a network: openssl signs, a loopback server carries (RFC 3161)."""

import subprocess
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
[ tsa ]
default_tsa = here
[ here ]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True, check=True).stdout


class Authority:
    """An authority of its own root; a test may replace what it answers, and is called before an answer leaves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.root = folder / "root.pem"
        openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test root",
            "-keyout", folder / "root.key", "-out", self.root,
        )  # fmt: skip
        request = openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Test time stamps", "-keyout", folder / "tsa.key"
        )
        extensions = folder / "extensions"
        extensions.write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
        openssl(
            "x509", "-req", "-days", "2", "-CA", self.root, "-CAkey", folder / "root.key", "-CAcreateserial",
            "-extfile", extensions, "-out", folder / "tsa.pem", stdin=request,
        )  # fmt: skip
        (folder / "serial").write_text("01\n")
        (folder / "tsa.conf").write_text(CONFIG.format(folder=folder))
        self.asked = 0
        self.status = 200
        self.replay = b""
        self.on_answer: Callable[[], None] = lambda: None
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked += 1
                reply = authority.replay or authority.reply(query)
                authority.on_answer()
                try:
                    self.send_response(authority.status)
                    self.send_header("Content-Type", "application/timestamp-reply")
                    self.send_header("Content-Length", str(len(reply)))
                    self.end_headers()
                    self.wfile.write(reply)
                except (BrokenPipeError, ConnectionResetError):  # whoever asked was killed
                    return

            def log_message(self, *arguments: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def reply(self, query: bytes) -> bytes:
        """Return openssl's reply to a query."""
        asked, answered = self.folder / "query.tsq", self.folder / "reply.tsr"
        asked.write_bytes(query)
        openssl(
            "ts", "-reply", "-config", self.folder / "tsa.conf", "-section", "here",
            "-queryfile", asked, "-out", answered,
        )  # fmt: skip
        return answered.read_bytes()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
