"""What runners of this app deliver: read strictly, and only under the permit they were given."""

from typing import TypeVar

from pydantic import BaseModel

from governance.errors import Invalid
from governance.models import Attempt
from governance.proof.formats.canonical import sha256
from governance.proof.formats.dsse import peek

B = TypeVar("B", bound=BaseModel)


def received(attempt: Attempt, body: type[B]) -> B:
    """Return the body that an attempt delivered, which names the permit it was made under as `permit`.

    Raises:
        Invalid: it is not of that shape, or names another permit than the attempt's.
    """
    try:
        found = body.model_validate(dict(attempt.result["body"]) if attempt.result else {})
    except ValueError as problem:
        raise Invalid("result", str(problem)) from None
    if getattr(found, "permit", None) != sha256(peek(bytes(attempt.permit)).payload):
        raise Invalid("permit", "what was delivered names another permit than the attempt's")
    return found


def delivered(attempt: Attempt) -> set[tuple[str, str, int]]:
    """Return path, SHA-256 and size of each file that came with an attempt's result."""
    return {(file["path"], file["sha256"], file["size"]) for file in (attempt.result or {}).get("files", [])}
