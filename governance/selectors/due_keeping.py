"""What falls due of itself: periods for which things are kept at least, and the certificate that seals name."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from governance import access
from governance.models import Document
from governance.policy import PolicyBody
from governance.proof.answers.inforce import InForce
from governance.proof.formats.keyring import valid_until
from governance.proof.formats.keys import SignatureError
from governance.selectors import documents as docs
from governance.selectors import keys, retention, signoff
from governance.selectors.due_terms import CERTIFICATE, RETENTION, Due, Mine, Scope


def kept(scope: Scope, known: Iterable[Document], since: datetime, until: datetime) -> list[Document]:
    """Return the documents whose period can end between two times under any policy there is; none without one."""
    periods = {
        kind: days for one in known for kind, days in docs.model_body(one, PolicyBody).retention.items()
    }  # only which kinds have one: which policy governs is decided later
    if not periods:
        return []
    rows = scope.documents().filter(kind__in=periods).select_related("project", "series", "created_by")
    return [row for row in rows if any(since <= end <= until for end in _possible(row, known))]


def _possible(row: Document, known: Iterable[Document]) -> Iterable[datetime]:
    ends = (retention.ends(row, docs.model_body(one, PolicyBody)) for one in known)
    return [end for end in ends if end is not None]


def retention_items(
    rows: Sequence[Document],
    known: Collection[Document],
    standing: Mapping[str, InForce],
    mine: Mine,
    now: datetime,
    since: datetime,
    until: datetime,
) -> Iterable[Due]:
    """Yield what may be disposed of; `standing` is that of the documents and of the policies."""
    governing = signoff.policy_of(known, standing, list({row.project for row in rows}), None)
    ended: dict[str, datetime] = {}
    for row in rows:
        policy = governing[row.project]
        end = retention.ends(row, docs.model_body(policy, PolicyBody)) if policy else None
        if end is not None and since <= end <= until and standing[row.digest].standing not in retention.LIVE:
            ended[row.digest] = end
    left = retention.left([row for row in rows if row.digest in ended])
    for row in rows:
        if row.digest not in left:
            continue
        yield Due(
            RETENTION,
            ended[row.digest],
            str(row),
            "what is kept with it may be disposed of, when two people sign for it",
            access.words({access.OWNER, access.COMPLIANCE_OFFICER}),
            "document",
            row.digest,
            row.project,
            ended[row.digest] <= now,
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
