"""Marking a release as unsafe because of an incident, and taking that back."""

from datetime import datetime

from governance.errors import Conflict, Invalid
from governance.models import Document, User
from governance.proof.formats.fields import rfc3339
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.services.documents import check_body, freeze
from governance.services.ledger import mutation
from training.bodies.serving import MARK as KIND
from training.bodies.serving import IncidentMarkBody
from training.kinds import tuning as kinds
from training.kinds.serving import CLEAR, MARK
from training.selectors import serving


def mark(*, actor: User, release: Document, title: str, seen_at: datetime, reason: str) -> Document:
    """Freeze that a release is unsafe to run because of what happened; nothing is stopped by that.

    Raises:
        Denied, NotFound: the person may not mark releases here.
        Invalid: the document is no release, or a field is wrong, or it is said to have been noticed later than now.
    """
    if release.kind != kinds.RELEASE:
        raise Invalid("release", f"found a {KINDS[release.kind].label}, expected a release")
    said = {"title": title, "seen_at": rfc3339(seen_at), "reason": reason, "stands": True}
    body = check_body(KINDS[KIND], said)
    with mutation(actor=actor, action=MARK, project=release.project, subjects=[release.digest]) as m:
        if seen_at > m.time:
            raise Invalid("seen_at", "found a time to come, expected when it was noticed")
        return freeze(
            m,
            kind=KINDS[KIND],
            body=body,
            references=[{"role": "release", "digest": release.digest}],
            contributors=[actor.actor],
            by=actor,
        )


def clear(*, actor: User, mark: Document, reason: str) -> Document:
    """Freeze the mark's next version, which says that it does not stand after all, and why.

    Raises:
        Denied, NotFound: the person may not take marks back here.
        Invalid: the document is no mark, or no reason is given.
        Conflict: it was taken back already.
    """
    if mark.kind != KIND:
        raise Invalid("mark", f"found a {KINDS[mark.kind].label}, expected an incident mark")
    with mutation(actor=actor, action=CLEAR, project=mark.project, subjects=[mark.digest]) as m:
        (release,) = docs.linked(mark, "release")
        known = serving.marks([mark.project], m.size).get(release.digest, [])
        newest = next((one for one in known if one.document.series_id == mark.series_id), None)
        if newest is None or not newest.body.stands:
            raise Conflict(
                found="a mark that does not stand",
                expected="one that does",
                remedy="Look at its newest version.",
            )
        said: IncidentMarkBody = newest.body
        return freeze(
            m,
            kind=KINDS[KIND],
            body=check_body(KINDS[KIND], said.model_dump(mode="json") | {"reason": reason, "stands": False}),
            references=[{"role": "release", "digest": release.digest}],
            contributors=[actor.actor],
            series=mark.series_id,
            by=actor,
        )
