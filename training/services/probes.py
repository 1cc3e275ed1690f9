"""Probes as people act on them, the routine that repeats them, and the comparison that a result rests on."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast

from django.urls import reverse

from governance import access, notice_kinds, store
from governance.errors import CountersignError, Finding, Invalid, Refused
from governance.models import Document, Job, Project, User
from governance.selectors import apart, ledger, told
from governance.selectors import documents as docs
from governance.selectors import jobs as select
from governance.services import jobs, notices
from governance.services.announcements.words import day, where
from governance.services.documents import document_submit
from governance.services.ledger import Mutation, admit, refusals_recorded
from training.bodies.custody import PERMUTATIONS, ProbeAnswersBody, ProbeSpecBody
from training.kinds.custody import PROBE_RESULT, PROBE_SPEC
from training.selectors import probes
from training.services.custody import answering

log = logging.getLogger(__name__)
ACTION: Final = "probe.launch"
METHOD: Final = (
    "Permutation test of the squared maximum mean discrepancy with the Hamming kernel on characters "
    f"(Gretton et al. 2012; Gao, Liang and Guestrin 2025), {PERMUTATIONS:,} permutations within each prompt; "
    "half of α for the test over all prompts, half for those of single prompts, corrected by Holm (1979)."
)
SAYS: Final = "endpoint_says"
MOST: Final = 200
"""characters of what an endpoint calls itself that a finding repeats"""
NAMED: Final = 10
"""prompts that a finding names"""


def start(*, actor: User, project: Project, base: Document, body: Mapping[str, Any]) -> Job:
    """Freeze a probe of a hosted base model and put its first run before the worker; `body` is a `ProbeSpecBody`'s.

    Raises:
        Invalid: the body is none, or could never find a change.
        Refused: the gate is closed: the base model is not in force or nobody hosts it, or the endpoint is not listed.
    """
    admit(actor=actor, action=ACTION, project=project, subjects=[base.digest])
    references = [{"role": "base_model", "digest": base.digest}]
    spec = document_submit(actor=actor, project=project, kind=PROBE_SPEC, body=body, references=references)
    return jobs.launch(actor=actor, spec=spec)


def stop(*, actor: User, spec: Document) -> Document:
    """Freeze the next version of a probe, which is asked by hand alone; nothing of the earlier ones is lost.

    Raises:
        Invalid: the document is no probe.
        Refused: it is asked by hand alone already.
    """
    newest = _newest(spec)
    if newest.kind == PROBE_SPEC and docs.envelope(newest).body["cadence_days"] is None:
        raise Refused(Finding("probe", "it is not repeated", "a probe that is", "Nothing needs doing.", "you"))
    return _next(actor, newest, {"cadence_days": None}, docs.linked_one(newest, "reference"))


def take_as_reference(*, actor: User, result: Document) -> Job:
    """Make a result what its probe is compared with from now on, and probe anew at once.

    The change that was found stays on record; it stops standing when the new result finds none.

    Raises:
        Invalid: the document is no result of a probe.
        Refused: the probe was stopped or asks otherwise by now, or its gate is closed.
    """
    spec = docs.linked_one(result, "spec") if result.kind == PROBE_RESULT else None
    if spec is None:
        raise Invalid("result", f"found a {result.kind}, expected a probe's result")
    newest = _newest(spec)
    with refusals_recorded(actor=actor, action=ACTION, project=newest.project, subjects=[newest.digest]):
        access.require(actor, ACTION, newest.project)
        if select.standing_job(newest) is not None:
            raise Refused(
                Finding("probe", "it is at work", "a probe that is not at work", "Wait until it has ended.", "you")
            )
        # Asked before anything is frozen: a next version that nobody can launch would end the probe unseen.
        if findings := select.gate(user=actor, spec=newest, evidence={}).findings:
            raise Refused(findings)
    return jobs.launch(actor=actor, spec=_next(actor, newest, {}, result))


def _newest(spec: Document) -> Document:
    rows = Document.objects.filter(series=spec.series_id).select_related("project", "series")
    found: Document = rows.order_by("-number")[0]
    return found


def _next(actor: User, spec: Document, change: Mapping[str, Any], reference: Document | None) -> Document:
    if spec.kind != PROBE_SPEC or spec.project is None:
        raise Invalid("spec", f"found a {spec.kind}, expected a probe")
    admit(actor=actor, action=ACTION, project=spec.project, subjects=[spec.digest])
    named = {"base_model": docs.linked_one(spec, "base_model"), "reference": reference}
    return document_submit(
        actor=actor,
        project=spec.project,
        kind=PROBE_SPEC,
        body={**docs.envelope(spec).body, **change},
        references=[{"role": role, "digest": found.digest} for role, found in named.items() if found is not None],
        base=spec,
    )


def launch_due(at: datetime) -> int:
    """Launch every probe that is due, in the name of whoever launched it last; return how many. A routine.

    The gate is asked as for anybody: a person who may no longer launch, or a base model that is no longer in force,
    ends it, and those concerned are told once for each day it was due.
    """
    launched = 0
    for one in probes.schedules():
        if one.due is None or one.due > at or one.last is None:
            continue
        # The row could name another person; the ledger does not.
        requester = told.of_job(one.last.pk).requested_by
        person = User.objects.filter(ledger_id=requester).first() if requester else None
        if why := _keeps(one, person):
            _tell_stuck(one, person, why, at)
            continue
        try:
            jobs.launch(actor=cast("User", person), spec=one.spec, scheduled=True)
        except CountersignError as problem:
            log.warning("the probe %s is due and was not launched: %s", one.spec, problem)
        else:
            launched += 1
    return launched


def _keeps(one: probes.Schedule, person: User | None) -> str:
    """Return what keeps a probe from being launched in a person's name, "" when nothing does."""
    if person is None or not person.is_active:
        return "whoever launched it is not enrolled any more"
    try:
        verdict = select.gate(user=person, spec=one.spec, evidence={})
    except (docs.DocumentCorrupt, ledger.LeafCorrupt) as problem:  # one that cannot be read keeps no other waiting
        return str(problem)
    return "" if verdict.open else "; ".join(map(str, verdict.findings))


def _tell_stuck(one: probes.Schedule, person: User | None, why: str, at: datetime) -> None:
    """Tell that a probe is due and cannot be started, once for each day that it was due on."""
    log.warning("the probe %s is due and cannot be started: %s", one.spec, why)
    notices.keep(
        [person, *answering(one.spec.project)],
        notice_kinds.CUSTODY,
        about=f"probe:{one.spec.series_id}",
        occasion=f"{one.due:%Y-%m-%d}",
        subject=f"Due and not started: {one.spec}",
        text=f"The probe {where(one.spec.project)} was due on {day(one.due)} and cannot be started: {why}. Nobody "
        "looks at the hosted model until somebody launches it, or its next version stops it.",
        link=reverse("document", args=[one.spec.digest]),
        at=at,
    )


def tell_changed(m: Mutation, job: Job, result: Document) -> None:
    """Tell that a hosted model answers otherwise than before: owners, compliance officers, and who had it probed."""
    notices.notify(
        m,
        [job.requested_by, *answering(job.project)],
        notice_kinds.CUSTODY,
        about=f"probe:{job.spec.series_id}",
        occasion=result.digest,
        subject=f"A hosted model answers otherwise than before: {job.spec}",
        text=f"A probe {where(job.project)} found a change. What rests on the model was measured before it: see the "
        "result, and measure anew what matters.",
        link=reverse("document", args=[result.digest]),
    )


def compare(spec: ProbeSpecBody, received: ProbeAnswersBody, reference: probes.Probed | None) -> dict[str, Any]:
    """Return what a `ProbeResultBody` says of received answers beyond how they came; compared in another process.

    Raises:
        Invalid: the files hold no answers to these prompts, each as often as asked for.
    """
    request: dict[str, Any] = {
        "prompts": [prompt.id for prompt in spec.prompts],
        "now": {"path": str(store.path_of(received.answers.sha256)), "repeats": spec.repeats},
        "before": None,
    }
    if reference is not None:
        before: ProbeSpecBody = docs.frozen_body(reference.spec, ProbeSpecBody)
        kept = reference.body.answers.sha256
        try:
            store.check(kept)
        except (store.BytesMissing, store.BytesCorrupt) as problem:
            raise Invalid(
                "reference", f"the answers of {reference.result} cannot be compared with: {problem}"
            ) from None
        request["before"] = {"path": str(store.path_of(kept)), "repeats": before.repeats}
    made: dict[str, Any] = json.loads(
        apart.ask("training.custody.compare", request, "answers", "it cannot be accepted")
    )
    tests = [made["whole"], *(prompt["difference"] for prompt in made["prompts"])] if made["whole"] else []
    changed = any(Decimal(test["adjusted"]) <= Decimal(spec.alpha) for test in tests) if tests else None
    return made | {
        "title": spec.title,
        "alpha": spec.alpha,
        "method": METHOD,
        "changed": changed,
        "finding": _finding(spec, made, changed, reference) + _renamed(received, reference),
    }


def _finding(
    spec: ProbeSpecBody, made: Mapping[str, Any], changed: bool | None, reference: probes.Probed | None
) -> str:
    if reference is None:
        return "Nothing to compare with yet: later results are compared with this one."
    when = f"{reference.on.day} {reference.on:%B %Y} (the reference)"
    if not changed:
        return f"No change found against the answers of {when}, at α {spec.alpha} over all prompts together."
    at = Decimal(spec.alpha)
    found = [prompt["id"] for prompt in made["prompts"] if Decimal(prompt["difference"]["adjusted"]) <= at]
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    where_ = f"to {', '.join(found[:NAMED])}{more}" if found else "over all prompts together, to no single one for sure"
    return f"The answers differ from those of {when}: {where_} (α {spec.alpha}, corrected for all tests)."


def _renamed(received: ProbeAnswersBody, reference: probes.Probed | None) -> str:
    """Return in words that the endpoint calls itself otherwise than then; the provider's word, and no test of ours."""
    then = reference.body.environment.get(SAYS) if reference is not None else None
    now = received.environment.get(SAYS)
    if then is None or now is None or then == now:
        return ""
    return f" The endpoint calls itself {now[:MOST]!r} now, {then[:MOST]!r} then."
