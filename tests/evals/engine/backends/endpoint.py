"""A loopback server that speaks OpenAI's chat protocol and misbehaves as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What the server answers: a status, headers and bytes, after `delay` seconds; `cut` hangs up in the middle."""

    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    cut: bool = False


@dataclass
class Seen:
    """What the server was asked, when, and how many at once."""

    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    most_at_once: int = 0


Script = Callable[[dict[str, Any], int], Reply | None]
"""From the body and how often its last message was asked already, to a reply; None for the proper answer."""


def proper(body: dict[str, Any], **choice: Any) -> bytes:
    """Return the proper answer: the question in capitals, counted in words."""
    text = body["messages"][-1]["content"].upper()
    return json.dumps(
        {
            "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"} | choice],
            "usage": {"prompt_tokens": len(text.split()), "completion_tokens": len(text.split())},
        }
    ).encode()


@contextmanager
def serving(script: Script) -> Iterator[tuple[str, Seen]]:
    """Yield the address of a running server and what it sees."""
    seen, lock = Seen(), threading.Lock()
    asked: dict[str, int] = {}
    active = 0

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal active
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            question = body["messages"][-1]["content"]
            with lock:
                seen.bodies.append(body)
                seen.keys.append(self.headers.get("Authorization"))
                seen.times.append(time.monotonic())
                seen.paths.append(self.path)
                before = asked.get(question, 0)
                asked[question] = before + 1
                active += 1
                seen.most_at_once = max(seen.most_at_once, active)
            reply = script(body, before) or Reply(content=proper(body))
            time.sleep(reply.delay)
            with lock:
                active -= 1
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.content) + (100 if reply.cut else 0)))
                self.end_headers()
                self.wfile.write(reply.content)
            except (BrokenPipeError, ConnectionResetError):
                pass  # whoever asked did not wait

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
