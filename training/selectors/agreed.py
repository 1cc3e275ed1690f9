"""When documents were first agreed, whatever became of that agreement later."""

from collections.abc import Sequence
from datetime import datetime

from governance.models import Document
from governance.proof.answers import inforce
from governance.selectors.ceremonies import gather


def first_agreed(documents: Sequence[Document], ledger_size: int, time: datetime) -> dict[str, datetime]:
    """Return when each document first had all its signatures; those that never had are left out.

    A later request, a revocation or an expiry does not change when that was. A constant number of queries.
    """
    found = {}
    for digest, facts in gather(documents, ledger_size).items():
        standings = [inforce.in_force([one], ledger_size=ledger_size, time=time) for one in facts.ceremonies]
        if since := [standing.since for standing in standings if standing.since is not None]:
            found[digest] = min(since)
    return found
