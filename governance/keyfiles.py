"""Private keys, read from files (or any signer URI) when they are used, each by the process that may.

    root         vouches for the others; used at set-up and rotation, then kept off the machine
    log          signs checkpoints                       worker
    attestation  signs sign-off statements and receipts  web
    permit       signs permits                           worker
    seal         seals reports                           worker

COUNTERSIGN_KEY_<PURPOSE> overrides a file with a signer URI.
"""

import os
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from securesystemslib.signer import Signer

from governance.proof import keys

MAY_READ = {
    "web": frozenset({"attestation"}),
    "worker": frozenset({"log", "permit", "seal"}),
    "command": frozenset(keys.PURPOSES),
}
DEMO_MARK = b"Countersign demo key: never for production\n"
SEAL_CERTIFICATE = "seal.crt"


def folder() -> Path:
    """Return the folder of the private keys."""
    return Path(settings.COUNTERSIGN_KEYS)


def path_of(purpose: str) -> Path:
    """Return where the key file of a purpose lies."""
    return folder() / f"{purpose}.pem"


def _guard(purpose: str) -> None:
    if purpose not in MAY_READ.get(settings.COUNTERSIGN_PROCESS, frozenset()):
        raise ImproperlyConfigured(
            f"a {settings.COUNTERSIGN_PROCESS} process asked for the {purpose} key; "
            f"expected one of {sorted(MAY_READ.get(settings.COUNTERSIGN_PROCESS, ()))}"
        )


def signer(purpose: str) -> Signer:
    """Return the signer of a purpose.

    Raises:
        ImproperlyConfigured: this kind of process may not use that key, or there is no such key.
    """
    _guard(purpose)
    uri = os.environ.get(f"COUNTERSIGN_KEY_{purpose.upper()}")
    if uri is None and not path_of(purpose).is_file():
        raise ImproperlyConfigured(f"there is no {purpose} key at {path_of(purpose)}; set the installation up first")
    return keys.load_signer(uri or f"file:{path_of(purpose)}")


def seal_files() -> tuple[Path, Path]:
    """Return the seal's private key and certificate files, for the process that may read them."""
    _guard("seal")
    return path_of("seal"), folder() / SEAL_CERTIFICATE


def write(purpose: str, private_pem: bytes, *, demo: bool) -> Path:
    """Write a new private key, readable by its owner only. FileExistsError if there is one already."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path_of(purpose), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write((DEMO_MARK if demo else b"") + private_pem)
    return path_of(purpose)


def refuse_demo_keys() -> None:
    """Refuse to start in production with keys that a demo made. Raises ImproperlyConfigured naming the files."""
    found = [str(p) for p in sorted(folder().glob("*.pem")) if p.read_bytes().startswith(DEMO_MARK)]
    if found:
        raise ImproperlyConfigured(f"these are demo keys: {', '.join(found)}; production needs keys of its own")
