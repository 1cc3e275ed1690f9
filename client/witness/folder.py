"""A witness's folder: its keys and its store."""

import os
from pathlib import Path

from client.failure import USAGE, Failure
from client.witness.store import Store
from governance.proof.formats.cosignature import Cosigner, generate_key
from governance.proof.formats.keys import KeyMaterialError
from governance.proof.formats.note import VerifierKey

NAME = "name"
KEY = "ed25519.pem"
QUANTUM_SAFE_KEY = "ml-dsa-44.pem"
STORE = "witness.sqlite3"


def make(folder: Path, name: str, *, quantum_safe: bool) -> list[VerifierKey]:
    """Make a witness called `name` in a new folder and return its public keys.

    Raises:
        Failure: the folder holds something already, or the name does not do.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Failure(USAGE, f"{folder} is not empty; a witness starts with a key and a store of its own")
    pems = {KEY: generate_key()} | ({QUANTUM_SAFE_KEY: generate_key(quantum_safe=True)} if quantum_safe else {})
    try:
        found = [Cosigner.from_pem(name, pem).key for pem in pems.values()]
    except ValueError as error:
        raise Failure(USAGE, str(error)) from None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for file, content in [*pems.items(), (NAME, name.encode())]:
        handle = os.open(folder / file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as opened:
            opened.write(content)
    Store(folder / STORE)
    return found


def cosigners(folder: Path) -> list[Cosigner]:
    """Return the witness's keys. Raises Failure: there is no witness in the folder, or its keys cannot be read."""
    try:
        name = (folder / NAME).read_text()
        files = [folder / file for file in (KEY, QUANTUM_SAFE_KEY) if (folder / file).exists()]
        found = [Cosigner.from_pem(name, file.read_bytes()) for file in files]
    except (OSError, KeyMaterialError, ValueError) as error:
        raise Failure(USAGE, f"there is no witness in {folder} ({error}); run countersign witness init") from None
    if not found:
        raise Failure(USAGE, f"there is no key in {folder}; a witness that lost its key starts anew in another folder")
    return found


def store(folder: Path) -> Store:
    """Return the witness's store. Raises Failure: it is gone, and with it the promise never to sign two histories."""
    if not (folder / STORE).is_file():
        raise Failure(USAGE, f"{folder / STORE} is gone; start a new witness with a new key in another folder")
    return Store(folder / STORE)
