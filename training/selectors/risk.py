"""What an assessment of retirement risk is computed from, and the assessments that there are."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from django.conf import settings

from governance import store
from governance.access import COMPLIANCE_OFFICER, DATA_OWNER, OWNER
from governance.models import Document, User
from governance.selectors import documents as docs
from governance.selectors import duties, ledger, policies, signoff, told
from governance.selectors.people import roles_everywhere
from training.bodies.base_models import BaseModelBody
from training.bodies.continuity import DEPLOYMENT
from training.bodies.risk import ASSESSMENT, BaseRow, Counts, Moved, RiskAssessmentBody
from training.kinds import tuning as kinds
from training.lifecycle import written
from training.lifecycle.model import Base, Capacity, Dependant, Inputs, Seen
from training.lifecycle.phrases import BANDS
from training.selectors import base_models, custody, dependants, fallbacks, observations, requalification
from training.selectors.fallbacks import Plan

REVIEW = "continuity_review"
RUNS = 400
"""simulated futures: an even chance of either is known to about 5 points"""


@dataclass(frozen=True)
class Gathered:
    """All that is known at a ledger size: what the risk is computed from, and the documents that say so.

    `bases` are the newest versions; `covered` names by base model the fallback plan that covers its services.
    """

    inputs: Inputs
    bases: dict[str, Document]
    observed: frozenset[str]
    rests_on: tuple[str, ...]
    covered: dict[str, str]


def gather(ledger_size: int, time: datetime) -> Gathered:
    """Return what is known at a ledger size and time. A constant number of queries."""
    bases = {one.digest: one for one in base_models.newest(ledger_size)}
    newest = {one.series_id: digest for digest, one in bases.items()}
    plans = fallbacks.plans(ledger_size, time)
    serving = _on_newest(dependants.live(ledger_size, time), newest)
    families = base_models.families(bases.values(), ledger_size, time)
    seen = observations.seen(bases.values(), ledger_size, time)
    others = observations.others(bases.values(), ledger_size, time)
    estimates = requalification.estimates(ledger_size, time)
    used = {one.base for one in serving}
    covered = {
        newest[plan.base.series_id]: plan for plan in plans if plan.standing.ok and plan.base.series_id in newest
    }
    inputs = Inputs(
        as_of=time,
        next_review=time.date() + timedelta(days=policies.period(REVIEW, None, ledger_size)),
        stale_days=observations.stale_days(ledger_size),
        seed=int.from_bytes(ledger.root(ledger_size)[:8]),
        runs=RUNS,
        bases=tuple(_bases(bases, families, seen, covered, ledger_size, time)),
        dependants=tuple(serving),
        past=tuple(requalification.past(ledger_size, time)),
        estimates=tuple(estimates),
        capacity=_capacity(),
        others=others,
    )
    rests_on = {one.digest for one in serving} | {one.document for one in estimates}
    rests_on |= {plan.document.digest for plan in covered.values()}
    return Gathered(
        inputs=inputs,
        bases=bases,
        observed=(
            frozenset(word.document for words in seen.values() for word in words) | {one.digest for one in others}
        )
        - {version.digest for versions in families.values() for version in versions},
        rests_on=tuple(sorted(rests_on)),
        covered={digest: plan.document.digest for digest, plan in covered.items() if digest in used},
    )


def _on_newest(found: Iterable[Dependant], newest: dict[Any, str]) -> list[Dependant]:
    """Let every service count for the newest version of its base model's document: versions are one model."""
    serving = list(found)
    named = Document.objects.filter(pk__in={one.base for one in serving if one.base}).values_list("pk", "series_id")
    head = {digest: newest.get(series) for digest, series in named}
    return [replace(one, base=head.get(one.base) if one.base else None) for one in serving]


def _bases(
    bases: dict[str, Document],
    families: dict[str, tuple[Document, ...]],
    seen: dict[str, tuple[Seen, ...]],
    covered: dict[str, Plan],
    ledger_size: int,
    time: datetime,
) -> Iterable[Base]:
    counted = [version for versions in families.values() for version in versions]
    standing = signoff.in_force_many(counted, ledger_size, time)
    drilled = custody.drilled(bases.values(), ledger_size)
    faults = custody.faults(bases.values(), ledger_size)
    for digest, document in bases.items():
        body: BaseModelBody = docs.model_body(document, BaseModelBody)
        agreed = any(standing[one.digest].ok for one in families[digest])
        licences = [docs.frozen_body(one, BaseModelBody).licence for one in families[digest]]
        held = bool(body.files) and all(store.has(entry.sha256) for entry in body.files)
        yield Base(
            digest=digest,
            title=document.title,
            vendor=body.hosted.provider if body.hosted else body.source,
            hosted=body.hosted is not None,
            seen=seen.get(digest, ()),
            licence_ok=agreed and all(one.derivatives and one.commercial_use for one in licences),
            agreed=agreed,
            fault="; ".join(faults.get(digest, ())),
            custody_ok=held and standing[digest].ok and not faults.get(digest),
            drilled_on=drilled.get(digest),
            successor=str((covered[digest].successor if digest in covered else None) or ""),
            released_on=date.fromisoformat(body.released_on) if body.released_on else None,
        )


def _capacity() -> Capacity:
    """Return how many people sign, how many prepare data, and how many runs go at once, as it is now."""
    held = duties.holders_anywhere((OWNER, COMPLIANCE_OFFICER, DATA_OWNER))
    signers = {user.pk for role in (OWNER, COMPLIANCE_OFFICER) for user in held[role]}
    preparing = {user.pk for user in held[DATA_OWNER]}
    return Capacity(signers=max(len(signers), 1), gpus=settings.COUNTERSIGN_RUNS_AT_ONCE, data=max(len(preparing), 1))


def newest(ledger_size: int | None = None, on: date | None = None) -> Document | None:
    """Return the newest assessment at a ledger size or at the end of a day in UTC (default: now); None before the
    first.
    """
    rows = Document.objects.filter(kind=ASSESSMENT, project=None).select_related("series")
    if ledger_size is not None:
        rows = rows.filter(seq__lt=ledger_size)
    if on is not None:
        rows = rows.filter(created_at__lte=datetime.combine(on, time_of_day.max, UTC))
    return next((row for row in rows.order_by("-seq").iterator(chunk_size=1) if not told.unrecorded([row])), None)


def body(assessment: Document) -> RiskAssessmentBody:
    """Return what an assessment says at a glance."""
    found: RiskAssessmentBody = docs.model_body(assessment, RiskAssessmentBody)
    return found


def row_of(said: RiskAssessmentBody, base: str) -> BaseRow | None:
    """Return the row of one base model, by any version of its document."""
    if (row := next((row for row in said.bases if row.digest == base), None)) is not None:
        return row
    series = Document.objects.filter(pk=base, kind=kinds.BASE_MODEL).values("series")
    others = set(Document.objects.filter(series__in=series).values_list("pk", flat=True))
    return next((row for row in said.bases if row.digest in others), None)


def content(said: RiskAssessmentBody) -> bytes:
    """Return the assessment's file, hashed anew. Raises store's errors when its bytes are gone or altered."""
    return store.read(said.files[0].sha256)


def detail(said: RiskAssessmentBody, place: Sequence[int] | None, known: bytes | None = None) -> dict[str, Any]:
    """Return one line of the assessment's file: {"base", "dependants"}, with every figure and what it rests on.

    `known` is its content, for callers who read many lines. Raises as `content` does.
    """
    if place is None:
        return {"base": None, "dependants": []}
    begins, length = place
    return written.read((content(said) if known is None else known)[begins : begins + length])


def services(said: RiskAssessmentBody, digests: Collection[str]) -> list[dict[str, Any]]:
    """Return what the file says of some services; only the lines that name one of them are parsed."""
    wanted = [digest.encode() for digest in digests]
    found = []
    for line in content(said).splitlines() if wanted else ():
        if any(digest in line for digest in wanted):
            below = written.read(line).get("dependants", ())
            found += [one for one in below if one["dependant"]["digest"] in digests]
    return found


@dataclass(frozen=True)
class Shown:
    """What of an assessment somebody sees: `everything` with a role in the organisation; else `own`, the
    services of their projects, and `rows`, base models as far as sources tell of them and for those services.
    """

    assessment: Document
    said: RiskAssessmentBody
    everything: bool
    rows: list[BaseRow]
    own: list[dict[str, Any]]


@dataclass(frozen=True)
class BaseShown:
    """What of one base model's risk somebody sees: its row, what was computed, and the services they may see."""

    said: RiskAssessmentBody
    row: BaseRow
    risk: dict[str, Any]
    services: list[dict[str, Any]]
    moved: list[Moved]


def shown_to(user: User, on: date | None = None) -> Shown | None:
    """Return what somebody sees of the newest assessment, or of that of a day; None before the first."""
    assessment = newest(on=on)
    if assessment is None:
        return None
    said = body(assessment)
    if None in roles_everywhere(user):
        return Shown(assessment, said, everything=True, rows=said.bases, own=[])
    own = _urgent(services(said, set(docs.visible(user).filter(kind=DEPLOYMENT).values_list("pk", flat=True))))
    by_base: dict[str, list[dict[str, Any]]] = {}
    for one in own:
        by_base.setdefault(one["dependant"]["base"], []).append(one)
    rows = [narrowed(row, by_base.get(row.digest, [])) for row in said.bases]
    return Shown(assessment, said, everything=False, rows=rows, own=own)


def narrowed(row: BaseRow, own: list[dict[str, Any]]) -> BaseRow:
    """Return a row that tells of these services alone: nothing in it follows from those of anybody else."""
    bands = [str(one["band"]) for one in own]
    starts = [one["latest_start"]["value"] for one in own if one["latest_start"]["value"]]
    slowest = max(own, key=lambda one: one["queued"]["p95"]["value"] or float("inf"), default=None)
    return row.model_copy(
        update={
            "band": next((band for band in BANDS if band in bands), "unknown"),
            "because": [text for one in own for text in one["because"]] or ["No service of your projects rests on it."],
            "latest_start": min(starts, default=None),
            "services": Counts(**{band: bands.count(band) for band in BANDS}),
            "p50": _text(slowest, "p50"),
            "p95": _text(slowest, "p95"),
            "fallback": None,
        }
    )


def _text(service: dict[str, Any] | None, share: str) -> str | None:
    value = service["queued"][share]["value"] if service is not None else None
    return None if value is None else f"{value:.2f}"


def base_shown_to(user: User, base: str, on: date | None = None) -> BaseShown | None:
    """Return what somebody sees of one base model in the newest assessment, or in that of a day; None where it was not
    assessed.
    """
    assessment = newest(on=on)
    said = body(assessment) if assessment else None
    row = row_of(said, base) if said else None
    if said is None or row is None:
        return None
    line = detail(said, (row.begins, row.length))
    everything = None in roles_everywhere(user)
    named = [one["dependant"]["digest"] for one in line["dependants"]]
    seen = set(docs.visible(user).filter(pk__in=named).values_list("pk", flat=True))
    below = _urgent([one for one in line["dependants"] if one["dependant"]["digest"] in seen])
    moved = [one for one in said.moved if one.base == row.digest]
    if everything:
        return BaseShown(said, row, line["base"], below, moved)
    plan = docs.visible(user).filter(pk=row.fallback).exists() if row.fallback else False
    own = narrowed(row, below).model_copy(update={"fallback": row.fallback if plan else None})
    told = {name: line["base"][name] for name in ("loss", "freeze")}
    return BaseShown(said, own, told, below, moved)


def _urgent(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda one: (one["place"] is None, one["place"] or 0, one["dependant"]["title"]))
