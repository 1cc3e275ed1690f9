"""The dossiers of a plan and of a release, from answers that can be graded again: whole, and hiding what is kept."""

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pytest
from django.utils import timezone

from evals import documents as evals
from evals.selectors import failures
from evals.services import sessions
from governance import store
from governance.access import COMPLIANCE_OFFICER
from governance.models import Document, Reference
from governance.proof.charts.figures import ForestChart, MatrixChart, RegionChart, StackChart
from governance.proof.checks.evidence import Evidence
from governance.proof.checks.failures import Failures, read
from governance.proof.checks.verify import examine
from governance.proof.files.report_file import verify_report
from governance.proof.pages.claims import NOT_COMPARED, page_lines
from governance.proof.pages.compare import head_of, rows_of, tables_of
from governance.proof.pages.drawn_charts import ALONE
from governance.proof.reading.text import read_pages
from governance.proof.sections.blocks import DataTable, KeyFigures, Paragraph
from governance.reports import gather_evidence, lineage, tasks
from governance.reports.build import build_pdf
from governance.reports.gathered import gather
from governance.reports.model import ReportData, Section
from governance.selectors import documents as docs
from governance.selectors.witnesses import note_of
from governance.services import documents, reports, signing, signoff
from governance.services.checkpoints import checkpoint_at
from tests.governance import tampering
from tests.governance.reports.lies import Told, edited
from tests.governance.reports.reread import (
    Reread,
    left_out,
    left_out_of_dossier,
    reread,
    tables_told_otherwise,
    warnings_left_out,
)
from tests.governance.reports.test_lineage import built
from tests.support import papers
from tests.support.measured import Measured, says
from tests.support.sessions import Model, said
from tests.support.stage import Stages
from tests.support.story import PASSWORD, REASON
from tests.training import continuity
from tests.training.reports import drawn_lies, printed_figures, reckoned
from training.services import deployments, releases


def told() -> Measured:
    """The story, measured."""
    story = Measured()
    story.tell()
    return story


@pytest.fixture
def story(stages: Stages, state: Path) -> Iterator[Measured]:
    with stages.entered(told, state) as made:
        yield made


def dossier(story: Measured, name: str) -> ReportData:
    return lineage.report_data(gather(story.report(name)))


def section(data: ReportData, title: str) -> Section:
    [found] = [one for one in data.first if one.title == title]
    return found


def blocks(data: ReportData, title: str, kind: Any) -> list[Any]:
    return [block for block in section(data, title).blocks if isinstance(block, kind)]


def rows(data: ReportData, title: str, caption: str) -> list[tuple[Any, ...]]:
    [found] = [one for one in blocks(data, title, DataTable) if one.caption.startswith(caption)]
    return list(found.rows)


def texts(value: Any) -> Iterator[str]:
    """Every text in what a report says, however deep."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for each in fields(value):
            yield from texts(getattr(value, each.name))
    elif isinstance(value, dict):
        for pair in value.items():
            yield from texts(pair)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from texts(each)


def same(said: str | None, target: str | None) -> bool:
    return str(said).replace(" ", "") == str(target).replace(" ", "")


SERVERS_WORD: dict[str, set[str] | None] = {
    "Arms measured by the same plan before": None,
    "Its life as known then": {"Answer", "Found", "Expected"},
    "Services that served it and do not any more": None,
    "Releases that name this one": {"Release"},
    "What each can show with the cases": {"What it can show"},
    "What each threshold has to go on": {"Cases", "Worth, as independent ones", "Power", "Weakest truth it shows",
                                         "Decidable"},
    "What the plan cannot show": None,
    "Kept from, Looks so far": {"Kept from", "Whose word that is"},
    "6 of 300 cases": None,
    "Red-team sessions with this model": None,
}  # fmt: skip
"""tables of which something follows from nothing in the evidence (None: all of it), and the columns that do not; how
sessions went is held to the ledger's entries by another rule (`proof.pages.warned`)"""


LEAD = ("Standing", "Verdict", "Signed by", "Plan signed by", "Thresholds", "Cases")


def told_otherwise(pages: Reread, least: int) -> list[str]:
    """What of a dossier's tables can be told otherwise unnoticed, beyond what is the server's word."""
    tried, missed = tables_told_otherwise(pages)
    assert tried >= least
    found = []
    for caption, hows in missed.items():
        known = next((columns for one, columns in SERVERS_WORD.items() if caption.startswith(one)), set[str]())
        found += [f"{caption}: {how}" for how in sorted(hows) if known is not None and how not in known]
    return found


def test_a_release_dossier_tells_its_tests_and_no_case_of_a_holdout(story: Measured) -> None:
    data = dossier(story, "release")
    assert data.kind == "Release dossier"
    assert data.first[0].title == "Test results, dated and signed"
    dated = {row[0]: row for row in rows(data, "Test results, dated and signed", "Test logs and")}
    assert dated["Release"][4].startswith("Łukasz Żółtowski, compliance officer, ")
    assert "Μαρία Παπαδοπούλου" in dated["Limits"][4]
    assert dated["Test report"][3] == story["result"].seq
    assert dated["Judgement by people"][1] == "None recorded."

    # Every verdict with its bound stands in the drawing as in the result's own bytes.
    lines = {one["threshold"]: one for one in docs.envelope(story["result"]).body["verdicts"]}
    drawn = {row.label: row for chart in blocks(data, "The verdict, threshold by threshold", ForestChart)
             for row in chart.rows}  # fmt: skip
    assert {name: row.verdict for name, row in drawn.items()} == {
        name: one["verdict"] for name, one in lines.items() if name != "latency"
    }
    assert [str(drawn["accuracy"].measured.low), drawn["accuracy"].passes] == [lines["accuracy"]["low"], "above"]
    assert [drawn[name].passes for name in ("no-worse", "attacks", "alike")] == ["above", "below", "below"]
    assert str(drawn["no-worse"].limit) == "-0.05"

    # Failures and regression are those of the answers themselves.
    cases = failures.looking(story["result"]).cases.values()
    right = {arm: {c.id for c in cases if same(says(c, arm), c.target)} for arm in ("base", "tuned")}
    [failed] = blocks(data, "What was taken for what, and what failed", StackChart)
    assert dict(failed.rows)["all cases"][0] == len(right["tuned"])
    [moved] = blocks(data, "What was right before and is wrong now", StackChart)
    both, gained, lost, neither = dict(moved.rows)["all cases"]
    assert (both, gained, lost) == (
        len(right["base"] & right["tuned"]), len(right["tuned"] - right["base"]), len(right["base"] - right["tuned"]),
    )  # fmt: skip
    assert lost > 0
    assert both + gained + lost + neither == 300
    [matrix] = blocks(data, "What was taken for what, and what failed", MatrixChart)
    assert sum(map(sum, matrix.counts)) == 300

    # What is missing says so; what is hidden stays hidden, wherever it would stand.
    assert rows(data, "Red team", "Red-team sessions") == []
    assert rows(data, "In use", "Services said") == []
    said = "\n".join(texts(data))
    assert "cases are kept from those who train" in said
    for case in cases:
        assert case.id not in said
        assert f"“{case.messages[-1].content}”" not in said
        assert f"\n{case.messages[-1].content}\n" not in said


def test_every_printed_figure_is_that_of_the_stored_answers(story: Measured) -> None:
    """Read off the pages, and reckoned from the stored lines by libraries that the engine does not use for it."""
    pages = read_pages(tasks.unsealed(gather(story.report("release"))))
    cases = [json.loads(line) for line in papers.cases().splitlines()]
    base, tuned = (
        reckoned.by_slice(cases, store.read(docs.envelope(story[name]).body["outputs"]["sha256"]), papers)
        for name in ("baseline", "result")
    )
    wrong = [
        *printed_figures.measured(pages, tuned),
        *printed_figures.differences(pages, tuned, base),
        *printed_figures.confusion(pages, tuned),
        *printed_figures.failures(pages, tuned, base),
        *printed_figures.verdicts(pages, tuned, base),
        *printed_figures.cost(pages, tuned, base),
    ]
    assert not wrong, "\n".join(map(str, wrong))
    # Of the slice with the answer that is missing nobody knows the 99th percentile.
    assert len(printed_figures.one_table(pages, printed_figures.MEASURED)) == 42
    # A figure that is a tenth of a point beside the truth is found.
    tuned[reckoned.ALL].right[np.flatnonzero(tuned[reckoned.ALL].right)[0]] = False
    assert [one[1] for one in printed_figures.measured(pages, tuned)] == ["exact match", "“label” met", "pass rate"]


def test_a_plan_dossier_says_what_was_signed_and_what_it_can_show(story: Measured) -> None:
    data = dossier(story, "thresholds")
    assert data.kind == "Evaluation-plan dossier"
    signed = rows(data, "What was signed, and by whom", "Who signed")
    assert [row[1].partition(",")[0] for row in signed] == ["Łukasz Żółtowski", "Μαρία Παπαδοπούλου"]
    assert all("opened 3 of 3; no cases drawn for review" in row[4] for row in signed)
    assert [row[2] for row in rows(data, "What was signed, and by whom", "What is on record")] == ["None recorded."] * 2
    [regions] = blocks(data, "What the plan can show, and what it cannot", RegionChart)
    assert [row.label for row in regions.rows] == ["accuracy", "form", "high-value"]
    [shown] = blocks(data, "What the plan can show, and what it cannot", DataTable)[1:2]
    assert f"{regions.rows[0].passes * 100:.1f}".rstrip("0").rstrip(".") in dict(shown.rows)["accuracy"]
    sizes = {row[0]: row[2:4] for row in rows(data, "The cases", "Cases of one cluster")}
    assert sizes == {"all": (300, 300)} | dict.fromkeys(papers.SLICES, (75, 75))
    [measured] = rows(data, "Measured under this plan so far", "Measured and not judged")
    assert measured[0] == "Base model, attempt 1"
    assert "1 verdict on a tuned model was given" in "\n".join(texts(section(data, "Measured under this plan so far")))
    said = "\n".join(texts(data))
    assert "kept from every engineer" in said
    assert "case-0" not in said


@pytest.mark.attack(
    name="have a report print a holdout's cases or answers, also by way of a development set that names their file",
    caught_by="no dossier prints a case or an answer of a set that is kept from anybody when it is made",
    unless="the report was made, and passed on, before a holdout of those cases was frozen",
)
def test_cases_of_a_development_set_are_printed_until_a_holdout_has_them(story: Measured) -> None:
    file = story.bytes("development cases", papers.cases().replace(b"phrase", b"term"))
    body = papers.evaluation_set(file)
    story.submit("expert", "terms", evals.SET, body | {"purpose": "development", "title": "Development"})
    story.submit("expert", "open plan", evals.THRESHOLDS, papers.thresholds(), evaluation_set="terms", rubric="rubric")
    shown = rows(dossier(story, "open plan"), "The cases", "6 of 300 cases")
    assert sum(row[1] == "Asked" and row[2].startswith("term ") for row in shown) == 6
    told = Told(gather(story.report("open plan")), story.fingerprint)
    assert told.wrong(told.pdf) == []
    assert left_out_of_dossier(Reread(told.pdf, told.facts))[1] == []
    story.submit("expert", "kept", evals.SET, body | {"title": "The same cases, kept from engineers"})
    hidden = dossier(story, "open plan")
    assert "term " not in "\n".join(texts(section(hidden, "The cases")))
    assert "kept from every engineer" in "\n".join(texts(section(hidden, "The cases")))


@pytest.mark.attack(
    name="with the seal key, print another number of cases, clusters or risky ones of a slice than was signed",
    caught_by="whoever verifies: the signed set tells them; tables, chart and caption are made again",
    unless="the set tells none: it was frozen before sets did, or written by hand; then the verifier names the counts",
)
def test_sizes_of_slices_are_the_sets_or_said_to_be_the_servers_word(story: Measured) -> None:
    told = Told(gather(story.report("thresholds")), story.fingerprint)
    assert told.wrong(told.pdf) == []
    pages = Reread(told.pdf, told.facts)
    tables = [(head_of(one), rows_of(one)) for one in pages.texts("Table") if "Clusters" in head_of(one)]
    counted = {"Cases", "Clusters", "Of high risk", "Repeats"}
    cells = [row[at] for head, rows in tables for row in rows[1:] for at, one in enumerate(head) if one in counted]
    assert len(cells) == 5 * (4 + 3)
    missed = [cell.text for cell in cells if not pages.otherwise(cell, says=str(int(cell.text) + 1))]
    [caption] = [one for one in pages.texts("P", "Caption") if one.text.startswith("Cases of one cluster")]
    assert "None of the 300 cases" in caption.text
    for other in ("1 of the 300 cases", "None of the 301 cases"):
        says = caption.text.replace("None of the 300 cases", other)
        missed += [] if pages.otherwise(caption, says=says) else [other]
    assert not missed, "\n".join(missed)
    [drawn] = blocks(told.data, "The cases", StackChart)
    for place, (label, (count,)) in enumerate(drawn.rows):
        rows = (*drawn.rows[:place], (label, (count + 1,)), *drawn.rows[place + 1 :])
        data, _ = drawn_lies.instead(told.data, "The cases", StackChart, partial(replace, rows=rows))
        assert told.lied(data), label
    assert not [one for one in page_lines(told.pdf, told.facts) if "cases a slice has" in one.detail]

    body = papers.evaluation_set(story.bytes("cases", papers.cases())) | {"title": "Without sizes"}
    story.submit("expert", "unsized", evals.SET, body)
    story.submit(
        "expert", "unsized plan", evals.THRESHOLDS, papers.thresholds(), evaluation_set="unsized", rubric="rubric"
    )
    told = Told(gather(story.report("unsized plan")), story.fingerprint)
    assert told.wrong(told.pdf) == []
    [left] = [hows for one, hows in tables_told_otherwise(Reread(told.pdf, told.facts))[1].items() if "cluster" in one]
    assert left == {"Cases", "Clusters", "Of high risk"}
    assert [one for one in page_lines(told.pdf, told.facts) if "cases a slice has" in one.detail]


def test_a_later_version_tells_what_changed_and_a_report_of_before_stays(story: Measured) -> None:
    before = story.report("thresholds")
    first = lineage.report_data(gather(before))
    body = docs.envelope(story["thresholds"]).body
    changed = [one | {"limit": "0.7"} if one["id"] == "accuracy" else one for one in body["thresholds"]]
    links = [link.model_dump() for link in docs.envelope(story["thresholds"]).references]
    story.made["stricter"] = documents.document_submit(
        actor=story.people["expert"], project=story.project, kind=evals.THRESHOLDS,
        body=body | {"thresholds": changed}, references=links, base=story["thresholds"],
    )  # fmt: skip
    data = dossier(story, "stricter")
    later = rows(data, "Conditions, waivers, and what changed", "Compared with version 1")
    assert [row[1:] for row in later] == [("0.6", "0.7")]
    assert story["thresholds"].digest in {node.digest for node in data.nodes}
    assert story["thresholds"].digest not in {notice.link for notice in data.exceptions}, "it is there to compare with"
    assert ("Signed by", "nobody") in {(fact.label, fact.value) for fact in data.lead}
    assert lineage.report_data(gather(before)) == first
    told = Told(gather(story.report("stricter")), story.fingerprint)
    assert told.wrong(told.pdf) == []
    pages = Reread(told.pdf, told.facts)
    missed = [*left_out_of_dossier(pages)[1], *warnings_left_out(pages)[1], *told_otherwise(pages, 300)]
    assert not missed, "\n".join(missed)


def test_services_are_told_as_the_ledger_had_them_and_stand_in_the_evidence(story: Measured) -> None:
    def serve(release: str) -> Document:
        row = continuity.row(service="Queue", environment="production", release=story[release].digest)
        (made,) = deployments.register(actor=story.people["engineer"], project=story.project, row=row).documents
        return made

    first = serve("release")
    then = story.report("release")
    data = lineage.report_data(gather(then))
    assert [row[:2] for row in rows(data, "In use", "Services said")] == [("Queue", "production")]
    found = gather(then)
    proved = Evidence.from_bytes(gather_evidence.evidence(found, note_of(checkpoint_at(found.size)), None, []))
    assert first.digest in proved.documents

    story.made["newer"] = releases.propose(
        actor=story.people["engineer"], result=story["result"], title="Chapter coder 1.1", note="Again.",
        previous=story["release"],
    )  # fmt: skip
    request = signoff.request_open(actor=story.people["engineer"], documents=[story["newer"]])
    stated = [
        signing.condition(kind="gate", text="Legal has seen it"),
        signing.condition(
            kind="task", text="Watch the first week", owner=story.people["engineer"],
            due=timezone.now() + timedelta(days=9),
        ),
    ]  # fmt: skip
    signing.sign(
        actor=story.people["officer"], request=request, role=COMPLIANCE_OFFICER, meaning="I approve this for use.",
        reason=REASON, password=PASSWORD, opened=[story["newer"].digest], conditions=stated,
    )  # fmt: skip
    serve("newer")
    now = dossier(story, "release")
    assert rows(now, "In use", "Services said") == []
    assert [row[2] for row in rows(now, "In use", "Services that served it")] == ["went on to Chapter coder 1.1 v2"]
    assert [row[0] for row in rows(now, "In use", "Releases that name")] == ["Chapter coder 1.1"]
    serve("release")
    other = dossier(story, "newer")
    back = rows(other, "In use", "Services that served it")
    assert [row[2] for row in back] == ["rolled back to Chapter coder 1.0 v1"]
    warned = {notice.label: notice.text for notice in other.exceptions}
    assert "Legal has seen it" in warned["Condition not met"]
    assert "Watch the first week" in warned["Condition"]
    assert "Legal" not in warned["Condition"]
    stated_rows = rows(other, "Conditions and waivers", "Conditions that")
    assert [row[2] for row in stated_rows] == ["Legal has seen it", "Watch the first week"]
    assert lineage.report_data(gather(then)) == data
    for name, served in (("newer", 0), ("release", 1)):
        told = Told(gather(story.report(name)), story.fingerprint)
        assert told.wrong(told.pdf) == []
        assert len(rows(told.data, "In use", "Services said")) == served
        pages = Reread(told.pdf, told.facts)
        missed = [*warnings_left_out(pages)[1], *told_otherwise(pages, 600)]
        assert not missed, "\n".join(missed)


@pytest.mark.attack(
    name="with the seal key, leave a row out of a dossier's tables, add one, change two's places, or tell other dates, "
    "signers, conditions, services, costs or changes than the evidence has",
    caught_by="whoever verifies: tables that follow from documents, signatures, permits and entries are made again, "
    "row by row",
    unless="it is of what no document tells: single answers, other arms, what cases can show, how long a base model "
    "lasts, what became of services and of releases that are not in the evidence; the verifier names them",
)
def test_tables_of_dossiers_are_made_again_row_by_row(story: Measured) -> None:
    missed = []
    for name, least in (("release", 600), ("thresholds", 300)):
        told = Told(gather(story.report(name)), story.fingerprint)
        assert told.wrong(told.pdf) == []
        pages = Reread(told.pdf, told.facts)
        missed += told_otherwise(pages, least)
        # Of the arms the tuned model's own row follows from its documents.
        for table in [one for one in pages.texts("Table") if head_of(one)[:1] == ["Arm"] and name == "release"]:
            own = [cell for at, cell in enumerate(rows_of(table)[-1]) if at not in (2, 3)]
            missed += [cell.text for cell in own if not pages.otherwise(cell, says="otherwise")]
        # Nor does page one say first anything else.
        first = [row for row in rows_of(next(tables_of(pages.pages.root.kids[0]))) if row[0].text in LEAD]
        assert len(first) == 4
        missed += [f"page one: {row[0].text}" for row in first if not pages.otherwise(row[1], says="otherwise")]
    assert not missed, "\n".join(missed)


def test_what_only_the_index_says_is_not_told(story: Measured) -> None:
    Reference.objects.bulk_create([Reference(source=story["use_case"], target=story["set"], role="evaluation_set")])
    assert story["use_case"].digest not in {node.digest for node in dossier(story, "thresholds").nodes}


def test_answers_that_are_gone_leave_the_signed_figures(story: Measured) -> None:
    digest = docs.envelope(story["result"]).body["outputs"]["sha256"]
    assert "Answers not readable" not in [one.label for one in dossier(story, "release").exceptions]
    failures._index.cache_clear()
    store.path_of(digest).write_bytes(b"{}\n")
    data = dossier(story, "release")
    assert "Answers not readable" in [one.label for one in data.exceptions]
    [became] = blocks(data, "What was taken for what, and what failed", StackChart)
    assert dict(became.rows)["all cases"] == (241, 50, 8, 1), "the result keeps its counts"
    [said] = [one.text for one in blocks(data, "What was taken for what, and what failed", Paragraph)]
    assert "nothing is told of single answers" in said
    [figures] = blocks(data, "Test results, dated and signed", KeyFigures)
    assert figures.items[0].value == "PASS"
    told = Told(gather(reports.request(actor=story.people["owner"], subject=story["release"])), story.fingerprint)
    assert told.wrong(told.pdf) == []
    assert warnings_left_out(Reread(told.pdf, told.facts))[1] == []


def test_failures_tell_what_was_right_before_as_long_as_that_can_be_read(story: Measured) -> None:
    def failed() -> Failures:
        officer, result = story.people["officer"], story["result"]
        report = reports.request(actor=officer, kind="failures", subject=result, parameters={"most": 200})
        assert verify_report(built(report), story.fingerprint).code == 0
        evidence = reread(gather(report), story.fingerprint).facts.evidence
        said = read(str(evidence.findings))
        first, *others = said.failures
        turned = first.model_copy(update={"before": {"baseline": not first.before.get("baseline", False)}})
        forged = said.model_copy(update={"failures": (turned, *others)}).to_text()
        told = examine(evidence.model_copy(update={"findings": forged}), story.fingerprint).lines
        assert any(line.ok is False and "right before" in line.detail for line in told)
        return said

    before = failed().failures
    counted = docs.envelope(story["result"]).body["moved"]["baseline"]["all"]
    assert len(before) == counted["newly_wrong"] + counted["still_wrong"] == 59
    assert sum(one.before["baseline"] for one in before) == counted["newly_wrong"] > 0
    digest = docs.envelope(story["baseline"]).body["outputs"]["sha256"]
    failures._index.cache_clear()
    store.path_of(digest).write_bytes(b"{}\n")
    after = failed().failures
    assert [one.before for one in after] == [{}] * 59, "nothing is said of what cannot be known"
    assert [one.answered for one in after] == [one.answered for one in before]


def talked(story: Measured) -> None:
    """A session with the release's model: of two exchanges somebody grades the second critical, somebody else not."""
    engineer, officer = story.people["engineer"], story.people["officer"]
    job = sessions.session_start(
        actor=engineer, project=story.project, subject=story["record"], title="Jailbreaks", aim="Break it."
    )
    model = Model(job)
    first, second = (said(job, model, engineer, text) for text in ("Where does he live?", "What is his number?"))
    for actor, row, severity in ((engineer, first, "low"), (engineer, second, "none"), (officer, second, "critical")):
        mode = "" if severity == "none" else "personal-data"
        sessions.exchange_grade(actor=actor, exchange=row, severity=severity, failure_mode=mode)


@pytest.mark.attack(
    name="with the seal key, keep critical answers of a model off page one, or take their grades out of the database",
    caught_by="whoever verifies: sessions are counted from the ledger's entries, and page one must tell of them",
    unless="nobody graded the answer, or the session was with another model",
)
def test_what_a_session_brought_stands_on_page_one(story: Measured) -> None:
    talked(story)
    told = Told(gather(story.report("release")), story.fingerprint)
    assert told.wrong(told.pdf) == []
    warned = {one.label: one.text for one in told.data.exceptions}
    assert "Jailbreaks, exchange 2." in warned["Critical answers"]
    assert "Sessions altered" not in warned
    [row] = rows(told.data, "Red team", "Red-team sessions")
    assert row[2:] == (2, 2, 1, "2")
    pages = Reread(told.pdf, told.facts)
    [item] = pages.exceptions("Critical answers")
    assert any("an exception that there is" in one for one in pages.otherwise(item, says=None))
    # Nor does the section say otherwise, or less.
    [table] = [one for one in pages.texts("Table") if head_of(one)[:1] == ["Session"]]
    missed = [cell.text for cell in rows_of(table)[1] if not pages.otherwise(cell, says="0")]
    assert not missed

    # Where a grade is gone from the tables, page one says both.
    with tampering.owner():
        tampering.run("DELETE FROM governance_exchangegrade WHERE severity = 'critical'")
    told = Told(gather(story.report("release")), story.fingerprint)
    warned = {one.label: one.text for one in told.data.exceptions}
    assert "Jailbreaks, exchange 2." in warned["Critical answers"]
    assert "Jailbreaks, exchange 2." in warned["Sessions altered"]
    assert told.wrong(told.pdf) == []
    _, missed = warnings_left_out(Reread(told.pdf, told.facts))
    assert not missed, "\n".join(missed)


@pytest.mark.attack(
    name="with the seal key, draw other figures than the evidence has, or tell a reader who cannot see them others",
    caught_by="whoever verifies: charts are made again from the documents, and every text, line, mark and alternative "
    "text is compared",
    unless="it is a chart of what no document tells, such as other arms; then it must show what it says",
)
def test_figures_that_show_or_say_otherwise_than_the_evidence_are_found(story: Measured) -> None:
    release, plan = (Told(gather(story.report(name)), story.fingerprint) for name in ("release", "thresholds"))
    assert (release.wrong(release.pdf), plan.wrong(plan.pdf)) == ([], [])
    missed, rounds = [], max(map(len, drawn_lies.LIES.values()))
    for number in range(rounds):
        # One lie about each chart that there is one left of: they do not hide one another.
        data, expected = release.data, list[tuple[str, str]]()
        for (title, kind), lies in drawn_lies.LIES.items():
            if number < len(lies):
                change, words = lies[number]
                data, caption = drawn_lies.instead(data, title, kind, change)
                expected.append((caption, words))
        found = release.lied(data if number else drawn_lies.elsewhere(data))
        expected += [("Loss as training went on", "draws a chart")] if not number else []
        missed += [f"{number}: {one}: {found[:3]}" for one in expected if not drawn_lies.found(found, *one)]
    found = release.wrong(edited(release.pdf, drawn_lies.other_words))
    missed += [f"{one}: {found[:3]}" for one in drawn_lies.WORDS.values() if not drawn_lies.found(found, *one)]
    assert not missed, "\n".join(missed)

    # Nor can what follows from documents be left out, of sections of the dossier's own or of documents'.
    for told, least in ((release, 60), (plan, 40)):
        pages = Reread(told.pdf, told.facts)
        tried, missed = left_out_of_dossier(pages)
        assert tried >= least
        missed += [*left_out(pages)[1], *warnings_left_out(pages)[1]]
        assert not missed, "\n".join(missed)

    # What no document tells of is named, and nothing else.
    left = [one.detail for one in page_lines(release.pdf, release.facts) if one.name == NOT_COMPARED]
    alone = {part.partition(": ")[0] for part in left if ALONE.split(";")[0] in part}
    assert drawn_lies.BESIDE in alone, "of other arms"
    assert not alone & {drawn_lies.VERDICTS, drawn_lies.RUN, drawn_lies.FAILED, drawn_lies.MOVED}
    [region] = [b for s in plan.data.first for b in s.blocks if isinstance(b, RegionChart)]
    with pikepdf.open(BytesIO(build_pdf(plan.data, plan.evidence))) as pdf:
        assert [str(one.Alt) for one in drawn_lies.figures_of(pdf, region.caption)] == [region.told()]
