"""Standing approvals: which bounds a run keeps, how often one was used, and what its signers are told of that."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from evals.checks import Signed
from evals.selectors import judgements
from governance import store
from governance.models import Document
from governance.proof.answers.inforce import InForce
from governance.proof.formats.fields import moment
from governance.selectors import documents as docs
from governance.selectors import signoff, uses
from governance.selectors.uses import Use
from training.bodies.data import DatasetBody
from training.bodies.releases import StandingApprovalBody
from training.gate.facts import ApprovalFacts, Exceeded, QualityFacts
from training.trainers.spec import RunSpecBody

ROLE = "standing_approval"
RESULT = "evals.evaluation_result"


@dataclass(frozen=True)
class Rows:
    """What a dataset's files hold, as they were read: rows, the fields that occur, and what was wrong if anything."""

    rows: int
    fields: frozenset[str]
    fault: str = ""


def rows_in(dataset: Document) -> Rows:
    """Read every row of a dataset's stored files: what its document states is not taken for granted. Slow."""
    body: DatasetBody = docs.model_body(dataset, DatasetBody)
    count, fields = 0, set[str]()
    for entry in body.files:
        try:
            with store.path_of(entry.sha256).open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    row = json.loads(line)
                    if not isinstance(row, dict):
                        return Rows(count, frozenset(fields), f"{entry.path}, line {number} is no row")
                    count += 1
                    fields |= set(row)
        except (OSError, ValueError) as problem:
            return Rows(count, frozenset(fields), f"{entry.path} cannot be read as rows ({type(problem).__name__})")
    return Rows(count, frozenset(fields))


def facts(
    spec: Document, rows: Mapping[str, Rows], quality: QualityFacts | None, ledger_size: int, time: datetime
) -> ApprovalFacts | None:
    """Return what the gate needs to know of the standing approval a run names; None when it names none."""
    approval = docs.linked_one(spec, ROLE)
    if approval is None:
        return None
    body: StandingApprovalBody = docs.model_body(approval, StandingApprovalBody)
    before = uses.others(uses.of(approval, ROLE, ledger_size), spec)
    return ApprovalFacts(
        signed=Signed(str(approval), signoff.in_force(approval, ledger_size, time)),
        exceeded=tuple(_exceeded(spec, approval, body, rows, quality, before, time)),
        use=len(before) + 1,
        max_runs=body.max_runs,
    )


def _exceeded(
    spec: Document,
    approval: Document,
    body: StandingApprovalBody,
    rows: Mapping[str, Rows],
    quality: QualityFacts | None,
    before: list[Use],
    time: datetime,
) -> Iterator[Exceeded]:
    planned: RunSpecBody = docs.model_body(spec, RunSpecBody)
    if moment(body.expires_at) <= time:
        yield Exceeded("end", f"it ran out at {body.expires_at}", "a use before that")
    for role, words in (("base_model", "base model"), ("thresholds", "plan")):
        if docs.linked_one(spec, role) != docs.linked_one(approval, role):
            yield Exceeded(words, f"another {words} than it names", "the very version it names")
    yield from _data(spec, approval, body, rows)
    yield from _quality(body, quality)
    if planned.method not in body.methods:
        yield Exceeded("method", planned.method, " or ".join(body.methods))
    for name, bound in sorted(body.hyperparameters.items()):
        value = getattr(planned.hyperparameters, name)
        if value is None or not Decimal(bound.low) <= Decimal(value) <= Decimal(bound.high):
            yield Exceeded(name, "not set" if value is None else str(value), f"{bound.low} to {bound.high}")
    if planned.budget.max_seconds > body.max_seconds:
        yield Exceeded("budget", f"{planned.budget.max_seconds} s", f"at most {body.max_seconds} s a run")
    spent = sum(_budget(use) for use in before)
    if spent + planned.budget.max_seconds > body.max_seconds_in_all:
        found = f"{spent} s in earlier runs and {planned.budget.max_seconds} s now"
        yield Exceeded("budgets in all", found, f"at most {body.max_seconds_in_all} s together")
    if len(before) >= body.max_runs:
        yield Exceeded("runs", f"{len(before)} runs were admitted", f"at most {body.max_runs} in all")


def _data(
    spec: Document, approval: Document, body: StandingApprovalBody, rows: Mapping[str, Rows]
) -> Iterator[Exceeded]:
    contract, datasets = docs.linked_one(approval, "contract"), docs.linked(spec, "dataset")
    for dataset in datasets:
        if str(dataset.series_id) not in body.series:
            yield Exceeded("source", f"{dataset} is of another series", "a series of datasets it names")
        if docs.linked_one(dataset, "contract") != contract:
            yield Exceeded("contract", f"{dataset} is under another contract", f"{contract}")
        read = rows.get(dataset.digest)
        if read is None or read.fault:
            yield Exceeded("rows", read.fault if read else f"{dataset} was not read", "rows that can be read")
        elif read.fields != set(body.fields):
            found = ", ".join(sorted(read.fields)) or "no field"
            yield Exceeded("fields", f"{dataset} has {found}", ", ".join(body.fields))
    count = sum(rows[d.digest].rows for d in datasets if d.digest in rows)
    if not body.min_rows <= count <= body.max_rows:
        yield Exceeded("rows", f"{count} rows", f"{body.min_rows} to {body.max_rows}")


def _quality(body: StandingApprovalBody, quality: QualityFacts | None) -> Iterator[Exceeded]:
    expected = f"a quality report that says {' or '.join(body.quality)}, without leaks"
    if quality is None or quality.mismatch:
        yield Exceeded("quality", quality.mismatch if quality else "no quality report", expected)
    elif quality.status not in body.quality or quality.leaks:
        yield Exceeded("quality", "; ".join((quality.status, *quality.leaks)), expected)


def _budget(use: Use) -> int:
    body: RunSpecBody = docs.model_body(use.spec, RunSpecBody)
    return body.budget.max_seconds


@dataclass(frozen=True)
class Used:
    """One use: the state of its job, what that made (a digest, or "") and the verdicts of evaluations of that."""

    use: Use
    state: str
    output: str
    verdicts: tuple[str, ...]


@dataclass(frozen=True)
class Digest:
    """What signers of a standing approval are told: every use, and what is left. `open`: it would admit another."""

    approval: Document
    body: StandingApprovalBody
    standing: InForce
    uses: tuple[Used, ...]
    runs_left: int
    seconds_left: int
    open: bool


def digest(approval: Document, ledger_size: int | None = None, time: datetime | None = None) -> Digest:
    """Return the use of a standing approval at a ledger size and time (default: now)."""
    body: StandingApprovalBody = docs.model_body(approval, StandingApprovalBody)
    found, at = uses.of(approval, ROLE, ledger_size), time or timezone.now()
    standing = signoff.in_force(approval, ledger_size, at)
    verdicts = _verdicts([use.told.output for use in found if use.told.output])
    runs_left = max(0, body.max_runs - len(found))
    seconds_left = max(0, body.max_seconds_in_all - sum(_budget(use) for use in found))
    return Digest(
        approval=approval,
        body=body,
        standing=standing,
        uses=tuple(
            Used(
                use,
                use.told.state.value if use.told.state else "",
                use.told.output,
                tuple(verdicts.get(use.told.output, ())),
            )
            for use in found
        ),
        runs_left=runs_left,
        seconds_left=seconds_left,
        open=standing.ok and at < moment(body.expires_at) and runs_left > 0 and seconds_left > 0,
    )


def in_words(told: Digest) -> str:
    """Return the digest as plain text, for mail."""
    used_up = f"{len(told.uses)} of {told.body.max_runs} runs used, {told.seconds_left} s of their budgets left"
    lines = [f"{used_up}, until {told.body.expires_at[:10]}. It is {told.standing.standing.value}."]
    for used in told.uses:
        verdict = ", ".join(used.verdicts) or "not evaluated"
        lines.append(f"- {used.use.at:%Y-%m-%d} {used.use.spec}: {used.state}; {verdict}")
    return "\n".join(lines)


def _verdicts(outputs: list[str]) -> dict[str, list[str]]:
    """Return the verdicts of the evaluations of each run record, oldest first."""
    found: dict[str, list[str]] = {}
    results: Any = Document.objects.filter(kind=RESULT, links_out__role="subject", links_out__target__in=outputs)
    for result in results.order_by("seq").distinct():
        subject = docs.linked_one(result, "subject")
        verdict = judgements.standing(result).verdict
        if subject is not None and verdict:
            found.setdefault(subject.digest, []).append(verdict)
    return found
