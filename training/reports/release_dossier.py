"""The release dossier: test logs and results, dated and signed, and everything that a release rests on.

Its headline follows Annex IV, point 2(g), of Regulation (EU) 2024/1689 (AI Act): test logs and all test reports, dated
and signed by the responsible persons, beside the metrics, the data and their main characteristics.
"""

from collections.abc import Iterator

from evals.reports import result_parts
from evals.reports.results import about, circumstances, confusion, figures, verdicts
from evals.reports.side_by_side import side_by_side
from evals.selectors import coverage, judgements
from governance.models import Document, Reference
from governance.proof.charts import results as charts
from governance.proof.sections import acts, besides, counts
from governance.proof.sections import dossiers as rules
from governance.proof.sections.blocks import (
    Block,
    Column,
    Fact,
    Heading,
    Paragraph,
    files,
    table,
)
from governance.proof.sections.results import release_figures
from governance.proof.words.running_text import DOES_NOT_PROVE, PROVES
from governance.reports.gathered import Gathered
from governance.reports.model import Section, Told
from governance.selectors import documents as docs
from training.reports import release_parts as parts
from training.selectors import served

SESSION_KINDS = ("evals.session_spec", "evals.session_record")
RELEASE_PROVES = (
    "Which verdict each signed limit came to, on which cases, and who signed the plan, the data and the release.",
)
RELEASE_DOES_NOT_PROVE = (
    "That the model is fit for another use than the one described, or that the cases are those that matter.",
)


CHARTS = {
    "The verdict, threshold by threshold": "release, verdicts",
    "Baseline beside tuned": "release, slices",
    "What was taken for what, and what failed": "release, confusion",
    "What was right before and is wrong now": "release, regression",
    "The training run": "release, run",
}
PRINTED = {
    "Test results, dated and signed": "release, headline",
    "Baseline beside tuned": "release, compared",
    "What was right before and is wrong now": "release, regression",
    "People and judges who graded": "release, people",
    "The verdict, threshold by threshold": "release, verdicts",
    "What was taken for what, and what failed": "release, confusion",
    "Red team": "release, red team",
    "Conditions and waivers": "release, waivers",
    "The data": "release, data",
    "The training run": "release, run",
    "The base model": "release, base model",
    "What it cost": "release, cost",
    "In use": "release, use",
    "Every figure measured of the tuned model": "release, figures",
}


def beside(release: Document, size: int) -> tuple[Document, ...]:
    """Return what speaks of a release besides what it rests on: sessions with its model, services that serve it, and
    the newest judgement of its result.
    """
    record = docs.linked_one(release, "run_record")
    rows = Reference.objects.filter(target=record, role="subject", source__kind__in=SESSION_KINDS)
    rows = rows.filter(source__seq__lt=size, source__project=release.project).select_related("source")
    # The index is only where to look: what a session is with is read from its own bytes.
    sessions = [row.source for row in rows if record in docs.linked(row.source, "subject")]
    serving = [one.document for one in served.of(release, size) if one.still]
    result = docs.linked_one(release, "result")
    judged = judgements.newest(result, size) if result is not None else None
    found = (*sessions, *serving, *([judged] if judged is not None else []))
    return tuple(sorted({one.digest: one for one in found}.values(), key=lambda one: one.seq))


def tell(found: Gathered) -> Told:
    """Return what the dossier says of its own."""
    release = parts.Release(found)
    return Told(
        title=release.paper.title,
        about="Release",
        proves=(*RELEASE_PROVES, *PROVES),
        does_not_prove=(*RELEASE_DOES_NOT_PROVE, *DOES_NOT_PROVE),
        lead=tuple(Fact(label, value) for label, value in rules.lead(release.within)),
        first=tuple(_sections(release)),
        own_exceptions=tuple(parts.exceptions(release, _critical(release), _altered(release))),
        told=frozenset(paper.digest for paper in release.told),
    )


def _critical(release: parts.Release) -> list[str]:
    talks = result_parts.talks(release.found, release.of_kind(SESSION_KINDS[0]))
    return [besides.exchange(talk.title, number) for talk in talks for number in talk.critical]


def _altered(release: parts.Release) -> list[str]:
    """Return what of sessions is not as the ledger tells: a critical grade can be gone with its row."""
    talks = result_parts.talks(release.found, release.of_kind(SESSION_KINDS[0]))
    return [besides.exchange(talk.title, number) for talk in talks for number in talk.altered]


def _sections(release: parts.Release) -> Iterator[Section]:
    result = release.result.row
    talks = result_parts.talks(release.found, release.of_kind(SESSION_KINDS[0]))
    yield Section("Test results, dated and signed", tuple(_headline(release, result)))
    yield Section("The verdict, threshold by threshold", tuple(_verdicts(release, result)))
    yield Section("Baseline beside tuned", tuple(_compared(release, result)))
    yield Section("What was taken for what, and what failed", tuple(_failed(result)))
    yield Section("What was right before and is wrong now", tuple(result_parts.regression(result)))
    yield Section("Red team", tuple(_red_team(release, result, talks)))
    yield Section("People and judges who graded", tuple(parts.people(release)))
    yield Section("Conditions and waivers", tuple(parts.waivers(release)))
    yield Section("The data", tuple(parts.data(release)))
    yield Section("The training run", tuple(parts.training(release)))
    yield Section("The base model", tuple(parts.base_model(release)))
    yield Section("What it cost", tuple(_cost(release)))
    yield Section("In use", tuple(parts.use(release)))
    body = docs.display_body(result)
    yield Section("Every figure measured of the tuned model", (circumstances(body), figures(body)))


def _headline(release: parts.Release, result: Document) -> Iterator[Block]:
    yield Paragraph(rules.HEADLINE)
    yield _figures(release, result)
    columns = (
        Column("What", 17), Column("Document", 27), Column("Dated (UTC)", 16), Column("Entry", 7, "right"),
        Column("Signed, or responsible", 33),
    )  # fmt: skip
    yield table(rules.DATED, columns, acts.dated(release.within))
    put = rules.put_forward(release.within)
    yield parts.linked(put, {"Put forward": release.paper.digest}, code=("Tested under permit",))
    yield files(rules.LOGS, [docs.display_body(result)["outputs"]])


def _figures(release: parts.Release, result: Document) -> Block:
    return release_figures(docs.display_body(result), release.lines, release.verdicts.verdict)


def _verdicts(release: parts.Release, result: Document) -> Iterator[Block]:
    if release.judgement is not None:
        yield Paragraph(rules.BY_PEOPLE)
    for stage in coverage.by_stages(result, release.lines):
        yield from charts.verdicts(stage.name, stage.lines)
        yield verdicts(stage)
    for section in coverage.sections(result, release.lines):
        yield about(section)


def _compared(release: parts.Release, result: Document) -> Iterator[Block]:
    body = docs.display_body(result)
    before = docs.display_body(release.baseline.row)["metrics"] if release.baseline is not None else {}
    for name in charts.drawn_by_slice(release.lines, body):
        yield from charts.slices(name, body, release.lines, before)
    yield Heading(rules.DIFFERENCES)
    yield from counts.differences(body)
    yield from side_by_side(result)


def _failed(result: Document) -> Iterator[Block]:
    drawn = charts.confusion(docs.display_body(result))
    yield from drawn
    if not drawn:
        yield Paragraph(rules.NO_MATRIX)
    yield confusion(docs.display_body(result))
    yield Heading(rules.FAILED)
    yield from result_parts.failing(result)


def _red_team(release: parts.Release, result: Document, talks: list[result_parts.Talk]) -> Iterator[Block]:
    for section in coverage.sections(result, release.lines):
        if section.role == "red_team":
            yield about(section)
    yield result_parts.red_team(talks)


def _cost(release: parts.Release) -> Iterator[Block]:
    columns = (
        Column("What", 40), Column("Seconds", 15, "right"), Column("Tokens", 15, "right"), Column("Money", 30, "right"),
    )  # fmt: skip
    yield table(rules.COST, columns, acts.cost(release.within))
