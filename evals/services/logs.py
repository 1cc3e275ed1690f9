"""Results handed out as logs of other tools: whoever the cases are kept from is refused."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from evals.selectors import judgements
from evals.services import failures
from governance import store
from governance.errors import Invalid
from governance.models import Document, User
from governance.proof.formats.fields import rfc3339
from governance.selectors import apart
from governance.selectors import documents as docs

CHUNK = 1024 * 1024


def inspect_log(*, actor: User, result: Document) -> tuple[str, Iterator[bytes]]:
    """Return a result as a log of Inspect: the file's name and its bytes in chunks. Made in a process of its own.

    Raises as `failures.opened` does, and:
        Invalid: bytes are gone or altered, or recorded grades are not those the texts deserve.
    """
    found = failures.opened(actor=actor, result=result)
    found.check_grades()
    spec = docs.linked_one(result, "spec")
    if spec is None:
        raise Invalid("result", "it names no specification")
    bodies: dict[str, Any] = {
        "spec": docs.envelope(spec).body,
        "evaluation_set": docs.envelope(found.evaluation_set).body,
        "rubric": docs.envelope(found.rubric).body,
        "result": docs.envelope(result).body,
    }
    if (judged := judgements.standing(result).judgement) is not None:  # which is what counts
        bodies["result"] |= docs.envelope(judged).body
    with tempfile.TemporaryDirectory(prefix="countersign-log-") as folder:
        into = Path(folder) / "log.eval"
        request = bodies | {
            "do": "inspect_log",
            "files": [(e["path"], str(store.path_of(e["sha256"]))) for e in bodies["evaluation_set"]["files"]],
            "outputs": str(store.path_of(found.body.outputs.sha256)),
            "created": rfc3339(result.created_at),
            "into": str(into),
        }
        apart.ask("evals.formats", request, "result", "the log cannot be written")
        file = into.open("rb")  # stays readable when the folder is gone
    return f"{result.digest.removeprefix('sha256:')[:12]}.eval", _chunks(file)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
