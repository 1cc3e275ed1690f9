"""The evidence map names records that are there, and calls all else not covered; it never says that a law is met."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from governance import events
from governance.proof.files.report_file import verify_report
from governance.proof.pages import clauses as page_clauses
from governance.proof.pages import front
from governance.proof.pages.compare import Comparison, head_of, rows_of
from governance.proof.pages.report import BRIEF_HEAD
from governance.proof.reading.text import Element
from governance.proof.sections.blocks import DataTable
from governance.proof.words import clauses
from governance.registry import KINDS
from governance.reports.gathered import gather
from governance.reports.lineage import report_data
from governance.reports.model import ReportData
from governance.services import people, reports
from tests.governance.reports import poppler
from tests.governance.reports.reread import Reread, reread
from tests.governance.reports.test_lineage import built
from tests.support.story import Story
from training.reports import evidence_map

WORDS = {clauses.AUTOMATED, clauses.HUMAN, clauses.NOT_COVERED}


@pytest.fixture
def story(fresh_database: None, state: Path) -> Story:
    return Story()


def rows(data: ReportData) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (section.title, str(clause)): (str(word), str(record))
        for section in data.first
        for block in section.blocks
        if isinstance(block, DataTable)
        for clause, _, word, record in block.rows
    }


def test_every_clause_names_records_that_there_are() -> None:
    seen = set()
    for framework in evidence_map.frameworks():
        assert framework.source.startswith("https://")
        told = framework.checks()
        assert sum(
            int(number) for number in re.findall(r"(\d+) (?:against|as|by)", told.removesuffix(framework.how))
        ) == len(framework.clauses)
        for clause in framework.clauses:
            assert (framework.name, clause.id) not in seen, "one clause, one line"
            whole = (clause.held or framework.held) == "text"
            assert (framework.asked(clause) == clause.asks) is whole, "what was not read is said to be so"
            seen.add((framework.name, clause.id))
            assert set(clause.kinds) <= {name for name, kind in KINDS.items() if not kind.confined}, "else never shown"
            made = {name for name in clause.kinds if not KINDS[name].signed}
            assert clause.by != "automated" or made == set(clause.kinds), "what people sign is attested by them"
            assert set(clause.events) <= set(events.SCHEMAS), clause
            assert bool(clause.kinds or clause.events) is (clause.by != "none"), clause
    counted = {one.name: len(one.clauses) for one in evidence_map.frameworks()}
    assert counted == {"EU AI Act": 92, "21 CFR Part 11": 27, "ISO/IEC 42001": 70, "NIST AI RMF": 72}


def test_no_clause_of_what_is_cited_is_left_out() -> None:
    """An entry left out would read as no gap: the file is refused, as for one twice, out of place or of no clause."""
    for framework in evidence_map.frameworks():
        said = framework.model_dump()
        first, second, *others = said["clauses"]
        for clauses_, told in (
            ((second, *others), f"missing: {first['id']};"),
            ((first, second, *others[:-1]), f"missing: {others[-1]['id']};"),
            ((first, first, second, *others), "missing: none;"),
            ((second, first, *others), "once and in order"),
            ((first | {"id": "§ 0"}, second, *others), "of no such clause: § 0;"),
        ):
            with pytest.raises(ValueError, match=re.escape(told)):
                evidence_map.Framework.model_validate(said | {"clauses": clauses_})
        assert evidence_map.Framework.model_validate(said) == framework
    ids = {one.name: {clause.id for clause in one.clauses} for one in evidence_map.frameworks()}
    assert {"Art. 9(10)", "Art. 13(3)(b)(vii)", "Art. 17(1)(m)", "Annex IV 9"} <= ids["EU AI Act"]
    assert {"§ 11.10(k)", "§ 11.200(b)", "§ 11.300(e)"} <= ids["21 CFR Part 11"]
    assert {"6.1.3", "9.3.3", "A.2.4", "A.6.1.3", "A.10.4"} <= ids["ISO/IEC 42001"]
    assert sum(name.startswith("A.") for name in ids["ISO/IEC 42001"]) == 38, "as many controls as Annex A has"
    assert {"GOVERN 1.1", "MAP 5.2", "MEASURE 4.3", "MANAGE 4.2"} <= ids["NIST AI RMF"]


def test_what_is_there_is_named_and_the_rest_is_not_covered(story: Story, tmp_path: Path) -> None:
    story.found()
    empty = reports.request(actor=story.people["officer"], kind="evidence-map", project=story.project)
    story.plan()
    elsewhere = people.project_create(actor=story.people["owner"], name="Elsewhere")
    other = reports.request(actor=story.people["owner"], kind="evidence-map", project=elsewhere)
    assert {word for (_, clause), (word, _) in rows(report_data(gather(other))).items() if clause == "MAP 4.1"} == {
        clauses.NOT_COVERED
    }, "a base model on the shelf is no evidence of a project that does not use it"
    unsigned = reports.request(actor=story.people["officer"], kind="evidence-map", project=story.project)
    before, planned = rows(report_data(gather(empty))), rows(report_data(gather(unsigned)))
    tested, weighed = ("EU AI Act", "Art. 9(6)"), ("NIST AI RMF", "MEASURE 1.1")
    assert before[tested] == (clauses.NOT_COVERED, "No such record in this project yet")
    word, record = planned[weighed]
    assert (word, "not signed" in record) == (clauses.NOT_COVERED, True)
    story.refused()
    story.sign_plan()
    pdf = built(reports.request(actor=story.people["officer"], kind="evidence-map", project=story.project))
    outcome = verify_report(pdf, story.fingerprint)
    assert outcome.code == 0
    left = " ".join(line.detail for line in outcome.checks if line.name == "not compared")
    assert left.count(page_clauses.NEWEST) == 1, "what is left of every law is said once"
    signed = reports.request(actor=story.people["officer"], kind="evidence-map", project=story.project)
    after = rows(report_data(gather(signed)))
    word, record = after[weighed]
    assert (word, story["thresholds"].title in record, "not signed" in record) == (clauses.HUMAN, True, False)
    assert after["EU AI Act", "Art. 14(1)"][0] == clauses.NOT_COVERED
    assert {word for word, _ in after.values()} == WORDS
    text = " ".join(poppler.text(pdf, tmp_path).split()).lower()
    assert "compliant" not in text
    assert "not covered" in text
    assert "by title alone" in text
    pages = reread(gather(signed), story.fingerprint)
    lies(pages)
    brief(pages)
    assert reread(gather(other), story.fingerprint).wrong() == [], "nor is a line there for a document where none is"
    asked = {"framework": "21 CFR Part 11"}
    alone = reports.request(actor=story.people["officer"], kind="evidence-map", project=story.project, parameters=asked)
    assert reread(gather(alone), story.fingerprint).wrong() == []


def brief(pages: Reread) -> None:
    """What the map rests on has a line each, held to the evidence as full pages would be."""
    assert pages.pages.count < 30
    [table] = [one for one in pages.texts("Table") if head_of(one) == BRIEF_HEAD]
    rows = rows_of(table)[1:]
    unsigned = next(row for row in rows if row[3].text.startswith("Recorded"))
    agreed = next(row for row in rows if row[3].text.startswith("Signed in force"))
    [words] = [one for one in pages.texts("P") if one.text.startswith("What it rests on")]
    told: list[tuple[Element, str | None, str]] = [
        (next(line for line in table.kids if agreed[0] in line.kids), None, "documents beside the lineage"),
        (agreed[2], "Another", "Title is printed as 'Another'"),
        (agreed[4], "0" * 64, "is not in the evidence"),
        (
            agreed[3],
            agreed[3].text.replace("2 signatures", "5 signatures").replace("1 signature,", "4 signatures,"),
            "signatures",
        ),
        (unsigned[3], agreed[3].text, "document"),
        (agreed[5], "2026-01-01 00:00:00 Mallory", "Mallory"),
        (words, words.text.replace("evidence.json", "the archive"), "documents in brief says"),
    ]
    found = [(part.text, says, lines, pages.otherwise(part, says=says)) for part, says, lines in told]
    missed = [(text, says, lines[:2]) for text, says, words, lines in found if not any(words in x for x in lines)]
    assert not missed, missed
    failed = SimpleNamespace(body={"verdict": "FAIL"})
    facts = SimpleNamespace(roots=[], dossier=False, lineage={}, depths={"d": 0}, documents={"d": failed})
    report: Any = SimpleNamespace(facts=facts, brief=True, found=Comparison())
    front._verdicts(report, [])
    assert "tells of the verdicts" in report.found.problems[0], "no verdict of a document told of is left out"


def lies(pages: Reread) -> None:
    """Whatever a row says otherwise is found, by the clause's own records; so are counts, gaps and rows left out."""
    assert pages.wrong() == []
    tables = [table for table in pages.texts("Table") if head_of(table) == list(clauses.HEADS)]
    rows_ = [row for table in tables for row in rows_of(table)[1:]]
    assert len(rows_) > 100
    bare = next(row for row in rows_ if row[2].text == clauses.NOT_COVERED)
    one, other = [row for row in rows_ if row[2].text != clauses.NOT_COVERED][:2]
    [unclaimed] = [row.kids[1] for row in pages.texts("TR") if row.text.startswith("Not covered")]
    gap = pages.exceptions("Not covered")[0]
    told: list[tuple[Element, str | None, str]] = [
        (bare[2], clauses.AUTOMATED, "clauses, Evidence"),
        (one[2], clauses.NOT_COVERED, "clauses, Evidence"),
        (one[3], other[3].text if other[3].text != one[3].text else bare[3].text, "clauses, Record"),
        (one[3], one[3].text.replace(" v1,", " v2,"), "clauses, Record"),
        (one[1], "nothing", "clauses, Asks"),
        (next(tr for tr in tables[0].kids if bare[0] in tr.kids), None, "rows, expected"),
        (unclaimed, "1 of 261 clauses", "Not covered"),
        (gap, "Not covered. EU AI Act, 1 of 92 clauses: Art. 14(1).", "it says"),
        (gap, None, "gaps called"),
        (rows_of(next(t for t in pages.texts("Table") if t.text.startswith("Text")))[3][1], "Today.", "Checked"),
    ]
    found = [(part.text, says, words, pages.otherwise(part, says=says)) for part, says, words in told]
    missed = [(text, says, lines[:2]) for text, says, words, lines in found if not any(words in x for x in lines)]
    assert not missed, missed
