"""What falls due of itself: periods for which things are kept at least, and the certificate that seals name."""

from collections.abc import Iterable
from datetime import datetime

from governance import access
from governance.proof.formats.keyring import valid_until
from governance.proof.formats.keys import SignatureError
from governance.selectors import keys, retention
from governance.selectors.due_terms import CERTIFICATE, RETENTION, Due, Mine, Scope


def retention_items(scope: Scope, mine: Mine, now: datetime, since: datetime, until: datetime) -> Iterable[Due]:
    """Yield what may be disposed of."""
    for one in retention.ending(scope.documents(), since=since, until=until):
        row = one.document
        yield Due(
            RETENTION,
            one.since,
            str(row),
            "what is kept with it may be disposed of, when two people sign for it",
            access.words({access.OWNER, access.COMPLIANCE_OFFICER}),
            "document",
            row.digest,
            row.project,
            one.since <= now,
            mine.holds({access.OWNER, access.COMPLIANCE_OFFICER}, row.project),
            row,
        )


def certificate_items(scope: Scope, mine: Mine, now: datetime, since: datetime, until: datetime) -> Iterable[Due]:
    """Yield the end of the certificate that seals name, to those who may read about keys. Other keys have no end."""
    if scope.user is not None and not access.can(scope.user, "keys.read", None):
        return
    try:
        entry = keys.keyring().in_use("seal")
    except SignatureError:
        return  # before set-up; and what is wrong with a keyring is told where keys are shown
    if entry is None or entry.certificate is None:
        return
    ends = valid_until(entry.certificate)
    if since <= ends <= until:
        yield Due(
            CERTIFICATE,
            ends,
            "The certificate that seals reports",
            "a new seal key brings a new one: manage.py rotate_key seal",
            "operator",
            "keys",
            entry.key.keyid,
            None,
            ends <= now,
            mine.holds({access.OWNER}, None),
            entry,
        )
