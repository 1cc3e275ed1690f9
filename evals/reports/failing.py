"""Failures by example: the answers of a result that failed, in full, for those from whom no case is kept.

Dossiers and lineage reports go to everybody in a project, so they tell of a holdout in counts alone. This report prints
what was asked, what counts as right and what was answered, and is kept from those who train, as its cases are.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from evals import documents as kinds
from evals.engine.evaluation_set import EvaluationSetBody
from evals.engine.failures import FAILING, Looked
from evals.samples import kept_from
from evals.selectors import failures as select
from governance.errors import CountersignError, Invalid
from governance.models import Document, Report
from governance.proof.charts.counts import BEFORE
from governance.proof.checks.failures import ALL, KIND, Failure, Failures, Missed, read
from governance.proof.formats.fields import Strict
from governance.proof.sections import failures as sections
from governance.proof.sections.blocks import Fact
from governance.registry import ReportKind, Wanted
from governance.reports.faults import Unreportable
from governance.reports.gathered import Gathered
from governance.reports.model import Section, Told
from governance.selectors import documents as docs

MOST = 200


class Asked(Strict):
    """How many, and of which slice."""

    most: Annotated[
        int, Field(title="How many at most", description=f"1 to {MOST}, from the first case on.", ge=1, le=MOST)
    ] = 50
    piece: Annotated[
        str, Field(title="Slice", description="Only answers on cases of this slice. Empty: of all.", max_length=80)
    ] = ""


def _asked(report: Report) -> Asked:
    return Asked.model_validate_json(report.parameters)


def _subject(report: Report) -> Document:
    if report.subject is None:
        raise Invalid("subject", "found nothing, expected an evaluation result")
    return report.subject


def _check(report: Report) -> None:
    found = select.looking(_subject(report))
    body: EvaluationSetBody = docs.model_body(found.evaluation_set, EvaluationSetBody)
    wanted = _asked(report).piece
    if wanted and wanted not in body.slices:
        raise Invalid("piece", f"found {wanted!r}, expected one of {', '.join(body.slices)}, or nothing for all")
    if found.disposed:
        raise Invalid("subject", "found a result whose answers or cases a signed disposal took; its counts stay")


def _findings(report: Report) -> str:
    """Return the failures as the evidence holds them.

    Raises:
        Unreportable: answers or cases are gone, altered, or graded otherwise than they deserve.
    """
    asked = _asked(report)
    try:
        found = select.looking(_subject(report))
        body: EvaluationSetBody = docs.model_body(found.evaluation_set, EvaluationSetBody)
        chosen = [one for one in found.index.answers if _wanted(found, one, asked.piece)][: asked.most]
        before = {role: _before(found.result, role) for role in BEFORE}
        return Failures(
            result=found.result.digest,
            outputs=found.body.outputs.sha256,
            cases=tuple(entry.sha256 for entry in body.files),
            piece=asked.piece or ALL,
            failures=tuple(_failure(answer, before) for answer in found.read(chosen)),
        ).to_text()
    except CountersignError as error:
        raise Unreportable(f"the answers cannot be read as they were frozen: {error}") from error


def _wanted(found: select.Looking, one: Looked, piece: str) -> bool:
    return one.outcome in FAILING and (not piece or piece in found.index.cases[one.case].slices)


def _before(result: Document, role: str) -> dict[tuple[str, int], bool]:
    """Return which answers were right in the result that a result names in a role, by case and repeat.

    None at all where there is no such result, or its own answers cannot be read any more: these still can.
    """
    before = docs.linked_one(result, role)
    if before is None:
        return {}
    try:
        index = select.looking(before).index
    except CountersignError:
        return {}
    return {(one.case, one.repeat): one.outcome not in FAILING for one in index.answers}


def _failure(answer: select.Answer, before: Mapping[str, Mapping[tuple[str, int], bool]]) -> Failure:
    looked, case = answer.looked, answer.case
    asked = looked.case, looked.repeat
    why = {name: reason for name, met, _, reason in answer.grades if not met}
    return Failure.model_validate(
        {
            "case": looked.case,
            "repeat": looked.repeat,
            "outcome": looked.outcome,
            "slices": tuple(case.slices),
            "asked": _cut(answer.question),
            "right": tuple(map(_cut, case.answers)),
            "answered": _cut(answer.line.output) if answer.line else None,
            "missed": tuple(Missed(criterion=name, why=_cut(why.get(name, ""))) for name in looked.missed),
            "before": {role: known[asked] for role, known in before.items() if asked in known},
        }
    )


def _cut(text: str) -> str:
    return text if len(text) <= sections.LONGEST else f"{text[: sections.LONGEST]}…"


def _pages(found: Gathered) -> Told:
    result = _subject(found.report)
    said, body = read(_findings(found.report)), docs.envelope(result).body
    told = sections.sections(said, body)
    return Told(
        title=result.title,
        about="Failures by example",
        proves=(
            "The result, its plan and their signatures are in the evidence, and the counts are those of the result.",
            "As many failures are printed as the result counts and the question asks for.",
        ),
        does_not_prove=(
            "That the texts are those of the files which result and evaluation set name: compare them with the files.",
            "That the cases are those that matter, or that what is right was rightly said to be.",
        ),
        lead=tuple(_facts(sections.lead(said, body, str(result)))),
        first=(
            Section(sections.COUNTED, tuple(told[sections.COUNTED])),
            Section(sections.EXAMPLES, tuple(told[sections.EXAMPLES])),
        ),
        own_exceptions=(),
    )


def _facts(rows: Mapping[str, str]) -> Iterator[Fact]:
    yield from (Fact(label, value) for label, value in rows.items())


FAILURES = ReportKind(
    name=KIND,
    label="Failures by example",
    about="The answers that failed in full: asked, right, answered, and by which criterion. Kept from those who train.",
    asks=Asked,
    of=frozenset({"document"}),
    kinds=frozenset({kinds.RESULT}),
    want=lambda report: Wanted((_subject(report),)),
    pages=_pages,
    findings=_findings,
    check=_check,
    kept_from=kept_from("holdout"),
    brief=True,
)
