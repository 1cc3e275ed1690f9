"""The commands of `countersign witness`."""

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from client import output
from client.failure import FAILED, OK, UNREACHABLE, USAGE, Failure
from client.witness import folder as place
from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.note import Note, VerifierKey


def init(folder: Path, name: str, logs: list[str], *, quantum_safe: bool) -> int:
    """Make a witness, let it follow the logs, and print its public keys for whoever will rely on it."""
    keys = [_key(text) for text in logs]
    for made in place.make(folder, name, quantum_safe=quantum_safe):
        output.say(made.text())
    for key in keys:
        _trust(folder, key)
    return OK


def trust(folder: Path, log: str) -> int:
    """Follow one more log, or one more key of a log."""
    place.cosigners(folder)
    _trust(folder, _key(log))
    return OK


def vkey(folder: Path) -> int:
    """Print the witness's public keys."""
    for cosigner in place.cosigners(folder):
        output.say(cosigner.key.text())
    return OK


def show(folder: Path) -> int:
    """Print the newest checkpoint of each log, and every contradiction; 1 when there is one."""
    place.cosigners(folder)
    store, forked = place.store(folder), False
    for origin in store.logs():
        note = store.newest(origin)
        if note is None:
            output.say(f"{origin}: nothing cosigned yet")
        else:
            head = Checkpoint.from_text(Note.parse(note).text)
            output.say(f"{origin}: {head.size} entries, root {head.root.hex()}")
        for found in store.refused(origin):
            forked = True
            when = datetime.fromtimestamp(found.at, UTC)
            size = f"{found.checkpoint.size} entries"
            output.say(f"  THE LOG SIGNED TWO HISTORIES: at {size} another root was cosigned than", colour="red")
            output.say(f"  this one, which was refused at {when:%Y-%m-%d %H:%M:%S} UTC:", colour="red")
            output.say(found.note)
    return FAILED if forked else OK


def serve(folder: Path, bind: str) -> int:
    """Serve until told to stop (SIGTERM or Ctrl-C)."""
    from client.witness.server import Witness

    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit():
        raise Failure(USAGE, f"found the address {bind!r}, expected HOST:PORT")
    cosigners, store = place.cosigners(folder), place.store(folder)
    if not store.logs():
        raise Failure(USAGE, "this witness follows no log yet; run countersign witness trust")
    try:
        server = Witness((host.strip("[]"), int(port)), store, cosigners)
    except OSError as error:
        raise Failure(UNREACHABLE, f"cannot listen at {bind}: {error.strerror}") from None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with server:
        output.say(f"Witness {cosigners[0].key.name} at http://{host}:{server.server_port}; stop with Ctrl-C.")
        sys.stdout.flush()
        server.serve_forever()
    return OK


def _key(text: str) -> VerifierKey:
    try:
        return VerifierKey.from_text(text.strip())
    except ValueError as error:
        raise Failure(USAGE, str(error)) from None


def _trust(folder: Path, key: VerifierKey) -> None:
    try:
        place.store(folder).trust(key)
    except ValueError as error:
        raise Failure(USAGE, str(error)) from None
