"""The documents among a permit's inputs, as an entry point reads them."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.envelope import Envelope
from governance.runner.protocol import RunFailed

Document = TypeVar("Document", bound=BaseModel)


def document(inputs: Path, role: str, model: type[Document], app: str = "evals") -> tuple[Envelope, Document]:
    """Return envelope and body of `inputs/documents/<role>.json`, which is of the kind "<app>.<role>".

    Raises:
        RunFailed: it is not there, of another kind, or not as the model wants it.
    """
    path = inputs / "documents" / f"{role}.json"
    try:
        envelope = Envelope.from_bytes(path.read_bytes())
        if envelope.kind != f"{app}.{role}":
            raise RunFailed(f"{path.name} is a document of the kind {envelope.kind!r}, expected '{app}.{role}'")
        return envelope, model.model_validate(envelope.body)
    except (OSError, NotCanonical, ValidationError) as error:
        raise RunFailed(f"the document {path.name} cannot be used: {error}") from error


def referred(spec: Envelope, role: str, found: Envelope) -> None:
    """Return if the specification refers to that document, and to no other, in that role. RunFailed otherwise."""
    expected = [link.digest for link in spec.references if link.role == role]
    if expected != [found.digest]:
        raise RunFailed(f"found the {role} {found.digest}, expected {expected} as the specification refers to it")
