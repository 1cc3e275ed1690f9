"""A log without a database, and witnesses to put its checkpoints before: in a thread, or as a process to kill."""

import copy
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx

from client.witness import folder as place
from client.witness.server import Witness
from client.witness.store import Store
from governance.proof.formats import merkle
from governance.proof.formats.add_checkpoint import PATH, AddCheckpoint
from governance.proof.formats.checkpoint import Checkpoint, log_key, sign_checkpoint
from governance.proof.formats.merkle import MemoryTree
from governance.proof.formats.note import VerifierKey
from tests.governance.proof.world import Key, make_key
from tests.support.deployment import REPOSITORY
from tests.support.ports import answers, free_port, wait_until

ORIGIN = "log.test/a"
NAME = "witness.test/w1"


class Log:
    """A growing log that signs whatever it is asked to sign: an honest one, until a test forks it."""

    def __init__(self, origin: str = ORIGIN, leaves: int = 0, key: Key | None = None) -> None:
        self.origin = origin
        self.key = key or make_key()
        self.tree = MemoryTree()
        self.grow(leaves)

    @property
    def vkey(self) -> VerifierKey:
        return log_key(self.origin, self.key.public)

    def grow(self, leaves: int, text: str = "event") -> "Log":
        for _ in range(leaves):
            self.tree.append(f"{text} {self.tree.size}".encode())
        return self

    def forked(self, leaves: int, text: str = "forgery") -> "Log":
        """Another history with the same key (stolen): this one's first leaves, then others."""
        other = copy.copy(self)
        other.tree = copy.deepcopy(self.tree)
        return other.grow(leaves, text)

    def note(self, size: int | None = None) -> str:
        size = self.tree.size if size is None else size
        return sign_checkpoint(Checkpoint(self.origin, size, self.tree.root(size)), self.origin, self.key.signer)

    def request(self, old: int, size: int | None = None) -> AddCheckpoint:
        size = self.tree.size if size is None else size
        proof = merkle.consistency_proof(old, size, self.tree.read) if old <= size else []
        return AddCheckpoint(old, tuple(proof), self.note(size))


class Running:
    """A witness that serves from a thread of this process; it can go away and come back at the same address."""

    def __init__(self, folder: Path, *logs: VerifierKey, name: str = NAME, quantum_safe: bool = False) -> None:
        self.folder = folder
        self.keys = place.make(folder, name, quantum_safe=quantum_safe)
        self.key = self.keys[0]
        for log in logs:
            self.store.trust(log)
        self.port = 0
        self.start()

    @property
    def store(self) -> Store:
        return place.store(self.folder)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = Witness(("127.0.0.1", self.port), self.store, place.cosigners(self.folder))
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def submit(self, request: AddCheckpoint) -> httpx.Response:
        return submit(self.url, request)


def submit(url: str, request: AddCheckpoint) -> httpx.Response:
    return httpx.post(url + PATH, content=request.to_text().encode(), timeout=30)


def start_process(folder: Path, log: Path, code: str = "", *, port: int = 0) -> tuple[subprocess.Popen[bytes], str]:
    """Start `countersign witness serve` as its operator would, after `code` (an ambush); return it and its URL."""
    port = port or free_port()
    program = f"{code}\nfrom client.main import app; app()"
    command = [sys.executable, "-c", program, "witness", "serve", str(folder), "--bind", f"127.0.0.1:{port}"]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(url), what="the witness", process=process)
    return process, url


def together(*acts: Callable[[], object]) -> list[object]:
    """Do all at once, each in a thread of its own, and return what each returned or raised."""
    barrier = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = acts[number]()
        except Exception as error:  # noqa: BLE001  (for the test to judge)
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
