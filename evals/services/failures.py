"""Reading failures case by case: whoever the cases are kept from is refused, and the refusal is on the ledger."""

import json
from collections.abc import Iterator

from evals.engine.failures import Wanted
from evals.selectors import failures as select
from evals.selectors.failures import Looking
from governance import access
from governance.models import Document, User
from governance.services.ledger import refusals_recorded

READ = "failure.read"


def opened(*, actor: User, result: Document) -> Looking:
    """Return a result to be looked through case by case. Changes nothing.

    Raises:
        NotFound: the document is no evaluation result, or of a project they do not know.
        Refused: no consumed permit stands behind it.
        Denied: the cases are kept from a role of theirs; recorded on the ledger.
    """
    with refusals_recorded(actor=actor, action=READ, project=result.project, subjects=[result.digest]):
        access.require(actor, READ, result.project)
        found = select.looking(result)
        select.require_visible(actor, found)
    return found


def exported(*, actor: User, result: Document, wanted: Wanted) -> Iterator[bytes]:
    """Return the lines (JSON Lines) of the wanted answers, made one by one as they are taken. Raises as `opened`."""
    found = opened(actor=actor, result=result)
    chosen = found.chosen(wanted)
    return (json.dumps(answer.told(), ensure_ascii=False).encode() + b"\n" for answer in found.read(chosen))
