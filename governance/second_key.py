"""The file of the log's second key (ML-DSA-44), if somebody made one: `manage.py second_key`."""

from governance import anchors, keyfiles
from governance.proof.formats.cosignature import Cosigner

NAME = "log-ml-dsa-44"


def cosigner(origin: str) -> Cosigner | None:
    """Return the second key of the log `origin`, or None where there is none."""
    path = keyfiles.path_of(NAME)
    return Cosigner.from_pem(origin, path.read_bytes()) if path.is_file() else None


def vkey() -> str:
    """Return its public half as readers are told it, or nothing; any process may read that file."""
    path = anchors.home() / f"{NAME}.vkey"
    return path.read_text().strip() if path.is_file() else ""


def publish(text: str) -> None:
    """Write the public half beside the checkpoints, to be copied away with them."""
    anchors.home().mkdir(parents=True, exist_ok=True)
    (anchors.home() / f"{NAME}.vkey").write_text(f"{text}\n")
