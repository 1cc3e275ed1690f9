"""Putting a tuned model forward for release. Its gate is asked then, and again whenever somebody signs the release."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.utils import timezone

from evals.engine.spec import ThresholdsBody
from evals.purposes import accepted, stored_faults
from evals.selectors import judgements, plans, sessions
from governance.access import ENGINEER, ROLES
from governance.errors import Finding, Invalid, Refused
from governance.gates import Verdict
from governance.models import Document, User
from governance.proof.answers.inforce import FALLEN, Standing
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import gating, ledger, signoff
from governance.services.documents import check_body, freeze
from governance.services.ledger import mutation
from training.gate.releases import RELEASE_CHECKS, ReleaseFacts, not_passed
from training.kinds import tuning as kinds

ANEW: Final = "Put the release forward again."


def propose(*, actor: User, result: Document, title: str, note: str, previous: Document | None = None) -> Document:
    """Freeze a release on the strength of a result, if the release gate opens; then it needs its signatures.

    Raises:
        Refused: with every blocking check: a hard threshold not passed, no permit behind it, a revoked sign-off.
        Invalid: the document is no result of a tuned model.
    """
    record = docs.linked_one(result, "subject")
    if result.kind != "evals.evaluation_result" or record is None or record.kind != kinds.RUN_RECORD:
        raise Invalid("result", "found another document, expected the evaluation result of a run")
    body = check_body(KINDS[kinds.RELEASE], {"title": title, "note": note})
    faults = tuple(stored_faults(record))
    with mutation(actor=actor, action="release.propose", project=result.project, subjects=[result.digest]) as m:
        verdict = decide(result, record, faults, actor, m.size, m.time)
        if not verdict.open:
            raise Refused(verdict.findings)
        judged = judgements.newest(result, m.size)
        references = [
            {"role": "result", "digest": result.digest},
            *([{"role": "judgement", "digest": judged.digest}] if judged is not None else []),
            {"role": "run_record", "digest": record.digest},
            *({"role": "waiver", "digest": digest} for digest in verdict.waivers),
        ]
        if previous is not None:
            references.append({"role": "previous", "digest": previous.digest})
        return freeze(
            m,
            kind=KINDS[kinds.RELEASE],
            body=body,
            references=references,
            contributors=[actor.actor],
            series=previous.series_id if previous else None,
            by=actor,
        )


def gate(*, result: Document, user: User | None = None) -> Verdict:
    """Return what the release gate would say if this person put the release forward now. Changes nothing."""
    record = docs.linked_one(result, "subject")
    if record is None or record.kind != kinds.RUN_RECORD:
        raise Invalid("result", "found another document, expected the evaluation result of a run")
    return decide(result, record, tuple(stored_faults(record)), user, ledger.size(), timezone.now())


def decide(
    result: Document,
    record: Document,
    faults: tuple[str, ...],
    user: User | None,
    ledger_size: int,
    time: datetime,
    *,
    among: Collection[str] | None = None,
) -> Verdict:
    """Return the verdict on releasing what `record` made, judged by `result`, put forward by `user`.

    `among`: only these waivers (digests) count; without it all that there are.
    """
    judged = judgements.standing(result, ledger_size)
    below = [result, *([judged.judgement] if judged.judgement is not None else [])]
    related = list(docs.closure(below).values())
    standing = signoff.in_force_many(related, ledger_size, time)
    thresholds = docs.linked_one(result, "thresholds")
    plan: ThresholdsBody | None = docs.model_body(thresholds, ThresholdsBody) if thresholds is not None else None
    signed = plan.thresholds if plan is not None else []
    facts = ReleaseFacts(
        verdict=judged.verdict,
        failed=not_passed(signed, judged.verdicts, "hard"),
        missed=not_passed(signed, judged.verdicts, "soft"),
        result_accepted=accepted(result),
        record_accepted=accepted(record),
        same_run=docs.linked_one(result, "subject") == record,
        revoked=tuple(str(d) for d in related if standing[d.digest].standing in FALLEN),
        held=tuple(
            str(d) for d in related if standing[d.digest].standing is Standing.IN_FORCE and standing[d.digest].unmet
        ),
        artefact_faults=faults,
        people=judgements.answer(judged),
        purpose=plans.purpose(docs.linked_one(thresholds, "evaluation_set") if thresholds else None),
        critical=tuple(sessions.critical(record)),
    )
    return gating.ask(result, RELEASE_CHECKS, facts, launcher=user, size=ledger_size, time=time, among=among)


def overtaken(release: Document, ledger_size: int, time: datetime) -> list[Finding]:
    """Return why a release that was put forward may not be signed any more: its gate is closed, or it was judged anew.

    Only waivers that the release itself names count: a reader of the release is told of those alone. What was signed by
    whoever put it forward lets nothing pass, now as then. The artefact's bytes are not hashed again here, under the
    ledger's lock: they were when it was put forward.
    """
    result, record = docs.linked_one(release, "result"), docs.linked_one(release, "run_record")
    if result is None or record is None:
        return [_anew("a release without its result or its run", "both")]
    by = User.objects.filter(ledger_id__in=docs.contributors(release)).first()
    waived = [waiver.digest for waiver in docs.linked(release, "waiver")]
    found = list(decide(result, record, (), by, ledger_size, time, among=waived).findings)
    if found and decide(result, record, (), by, ledger_size, time).open:
        unnamed = "a release that only a waiver lets pass which it does not name"
        found = [Finding("waiver", unnamed, "every waiver that it rests on named in it", ANEW, ROLES[ENGINEER])]
    counts, named = judgements.newest(result, ledger_size), docs.linked_one(release, "judgement")
    if counts != named:
        found.append(_anew(f"{named or 'the verdict of the run'}, and it was judged again since", f"{counts}"))
    return found


def _anew(found: str, expected: str) -> Finding:
    return Finding("judgement", found, expected, ANEW, ROLES[ENGINEER])
