"""Assessing retirement risk: by the clock, when something changed, or when somebody asks."""

from datetime import datetime, timedelta

from django.utils import timezone

from governance import store
from governance.errors import Conflict
from governance.models import Document, Revocation, Signature, User
from governance.proof.formats.fields import moment
from governance.registry import KINDS
from governance.selectors import ledger
from governance.services.documents import check_body, freeze
from governance.services.ledger import Unchanged, admit, mutation
from training.bodies.continuity import DEPLOYMENT, DRILL, ESTIMATE, FALLBACK
from training.bodies.risk import ASSESSMENT
from training.kinds import tuning as kinds
from training.kinds.custody import PROBE_RESULT, RESTORE_RECORD
from training.kinds.observations import OBSERVATIONS
from training.lifecycle import at_a_glance as summary
from training.lifecycle import risk, written
from training.lifecycle.at_a_glance import Around
from training.selectors import risk as select
from training.services import risk_reviews

ACTION = "risk.assess"
EVERY = timedelta(days=1)
DECISIVE = (
    kinds.BASE_MODEL, OBSERVATIONS, kinds.RELEASE, kinds.RUN_RECORD, DEPLOYMENT, ESTIMATE, FALLBACK, DRILL,
    RESTORE_RECORD, PROBE_RESULT,
)  # fmt: skip
"""The kinds whose new documents, signatures and revocations call for a new assessment at once."""


def assess(*, actor: User) -> Document:
    """Assess the risk now and return the assessment.

    Raises:
        Denied: the person may not; asked before anything is computed.
        Conflict: there is no base model to assess.
    """
    admit(actor=actor, action=ACTION, project=None)
    made = _assess(actor, timezone.now())
    if made is None:
        raise Conflict(
            found="no base model on the shelf",
            expected="at least one",
            remedy="Register the base models that services rest on.",
        )
    return made


def by_clock(at: datetime) -> bool:
    """Assess once a day, and as soon as something that decides has changed; return whether that was done."""
    last = select.newest()
    if last is not None:
        before = select.newest(last.seq)
        risk_reviews.open_all(last, select.body(before) if before else None, at)  # had the worker died before that
        said = select.body(last)
        if not _changed(said.ledger_size) and at < moment(said.as_of) + EVERY:
            return False
    return _assess(None, at) is not None


def _changed(since: int) -> bool:
    """Return whether a document that decides was added, signed or revoked since the ledger had that many entries."""
    return (
        Document.objects.filter(kind__in=DECISIVE, seq__gte=since).exists()
        or Signature.objects.filter(seq__gte=since, request__subjects__document__kind__in=DECISIVE).exists()
        or Revocation.objects.filter(seq__gte=since, document__kind__in=DECISIVE).exists()
    )


def _assess(actor: User | None, at: datetime) -> Document | None:
    """Compute outside the ledger's lock, then freeze what came out, unless another did so meanwhile."""
    size, last = ledger.size(), select.newest()
    if not size:
        return None
    at = max(at, ledger.time_of(size))
    found = select.gather(size, at)
    if not found.inputs.bases:
        return None
    result = risk.assess(found.inputs)
    content, places = bytearray(), dict[str, tuple[int, int]]()
    for line in written.lines(result):
        places[line.about] = (len(content), len(line.content))
        content += line.content
    entry = store.put([bytes(content)]).model_copy(update={"path": "assessment.jsonl"})
    before = select.body(last) if last else None
    said = summary.of(result, found.inputs, Around(size, found.covered, found.rests_on, before), places, entry)
    kind = KINDS[ASSESSMENT]
    links = [{"role": "base_model", "digest": digest} for digest in sorted(found.bases)]
    links += [{"role": "observations", "digest": digest} for digest in sorted(found.observed)]
    try:
        with mutation(actor=actor, action=ACTION) as m:
            if select.newest() != last:
                raise Unchanged
            made = freeze(
                m, kind=kind, body=check_body(kind, said.model_dump(mode="json")), references=links,
                contributors=[actor.actor] if actor else [], series=last.series_id if last else None, by=actor,
            )  # fmt: skip
    except Unchanged:
        return select.newest() if actor else None
    risk_reviews.open_all(made, before, at)
    return made
