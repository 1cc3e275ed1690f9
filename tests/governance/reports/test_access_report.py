"""The access report: who may follows from the ledger, not from rows; who did is complete; what stands out is said."""

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from governance import access, events
from governance.access import AUDITOR, COMPLIANCE_OFFICER, DOMAIN_EXPERT, ENGINEER
from governance.models import LedgerOpening, LedgerSubject, RoleGrant
from governance.proof.files.report_file import verify_report
from governance.proof.pages.access import SECTIONS, SOFTWARE, WHERE, place
from governance.proof.pages.compare import head_of, tables_of
from governance.proof.reading.text import Element
from governance.proof.sections.blocks import DataTable
from governance.reports.gathered import gather
from governance.reports.lineage import report_data
from governance.reports.model import ReportData
from governance.selectors import ledger
from governance.services import delegation, people, reports
from governance.services.reauthentication import Proof
from tests.governance.cast import PASSWORD, World
from tests.governance.reports import poppler
from tests.governance.reports.lies import OF_A_KIND, Told
from tests.governance.reports.reread import Reread, copied, reread
from tests.governance.reports.test_extract import built


def rows(data: ReportData, title: str) -> list[tuple[Any, ...]]:
    [section] = [section for section in data.first if section.title == title]
    return [row for block in section.blocks if isinstance(block, DataTable) for row in block.rows]


def test_who_may_and_who_did_follow_from_the_ledger(committed_world: World, tmp_path: Any) -> None:
    world = committed_world
    proof = Proof(PASSWORD)
    given = people.role_grant(
        actor=world.owner, user=world.data_owner, role=DOMAIN_EXPERT, project=world.project, proof=proof
    )
    people.role_revoke(actor=world.owner_two, grant_id=str(given.pk))
    here: dict[str, Any] = {"project": world.project, "proof": proof}
    people.role_grant(actor=world.owner, user=world.engineer_two, role=COMPLIANCE_OFFICER, **here)
    now = timezone.now()
    delegation.give(
        actor=world.officer, to=world.officer_two, role=COMPLIANCE_OFFICER, project=None, starts_at=now,
        ends_at=now + timedelta(days=3), reason="On leave", proof=proof,
    )  # fmt: skip
    # A row that no ledger entry gave: the page of people does not believe it, and neither does the report.
    RoleGrant.objects.create(id=uuid.uuid4(), user=world.stranger, role=AUDITOR, project=world.project, seq=10**6)
    report = reports.request(actor=world.auditor, kind="access", project=world.project)
    pdf = built(report)
    assert verify_report(pdf, world.fingerprint).code == 0
    told = Told(gather(report), world.fingerprint)
    data = told.data
    missed = {
        name: found for name, (lie, words) in OF_A_KIND.items() if words not in " ".join(found := told.lied(lie(data)))
    }
    assert not missed
    pages = Reread(told.pdf, told.facts)
    _no_row_can_be_otherwise(pages)
    _page_one_cannot_be_otherwise(pages)
    may = {(who, role, where) for who, role, where, *_ in rows(data, "Who may")}
    here_, everywhere = "Main project", "the organisation"
    assert may == {
        ("Owner", "owner", everywhere), ("Officer", "compliance officer", everywhere),
        ("Owner Two", "owner", everywhere), ("Officer Two", "compliance officer", everywhere),
        ("Engineer", "engineer", here_), ("Engineer Two", "engineer", here_),
        ("Engineer Two", "compliance officer", here_),
        ("Data Owner", "data owner", here_), ("Auditor", "auditor", here_),
    }  # fmt: skip
    delegated = [("Officer Two", "Officer", "compliance officer", everywhere)]
    assert [row[:4] for row in rows(data, "Who may sign for whom")] == delegated
    assert "before the period" not in " ".join(data.does_not_prove)
    # A period without an entry: who may is who could by then, and what came before is the server's word.
    tomorrow = (now + timedelta(days=1)).date().isoformat()
    later = reports.request(
        actor=world.auditor, kind="access", project=world.project, parameters={"first": tomorrow},
        ledger_size=report.ledger_size,
    )  # fmt: skip
    outcome = verify_report(built(later), world.fingerprint)
    assert outcome.code == 0, [line for line in outcome.checks if line.ok is False]
    assert any("has no entry" in line.detail for line in outcome.checks if line.name == "days")
    quiet = report_data(gather(later))
    assert {(who, role, where) for who, role, where, *_ in rows(quiet, "Who may")} == may
    assert [row[:4] for row in rows(quiet, "Who may sign for whom")] == delegated
    assert not rows(quiet, "Who did")
    assert any("taken back before the period" in said for said in quiet.does_not_prove)
    given_and_taken = [(what, whom) for _, _, what, whom, _ in rows(data, "Given and taken")]
    assert ("Role taken back", "Data Owner, domain expert") in given_and_taken
    assert any(whom.startswith("Officer Two, compliance officer, until") for _, whom in given_and_taken)
    said = {notice.label: notice.text for notice in data.exceptions}
    assert said["Roles together"] == "Engineer Two is compliance officer and engineer."
    assert "Engineer Two" in said["Unused"]
    assert ("Auditor", "Report requested", 1) in rows(data, "Who did")
    # Whose name was erased did what they did all the same.
    named = LedgerSubject.objects.get(subject=f"user:{world.auditor.actor}", entry__index__event=events.PERSON_ENROLLED)
    LedgerOpening.objects.filter(entry=named.entry).delete()
    assert (world.auditor.actor, "Report requested", 1) in rows(report_data(gather(report)), "Who did")
    # Of a ledger whose last entry is another project's, and for the organisation.
    elsewhere: dict[str, Any] = {"project": world.projects["other"], "proof": proof}
    people.role_grant(actor=world.owner, user=world.engineer, role=AUDITOR, **elsewhere)
    ended = [
        reports.request(actor=world.auditor, kind="access", project=world.project, ledger_size=ledger.size()),
        reports.request(actor=world.enrol("chief_auditor", AUDITOR), kind="access"),
    ]
    for one in (report, *ended):
        assert reread(gather(one), world.fingerprint).wrong() == []
    assert place("7", "The name") == "The name"
    assert place("7", "the organi\u00adsation") == "7"
    text = " ".join(poppler.text(pdf, tmp_path).split())
    assert access.ACTIONS["signoff.sign"].label in text
    assert ENGINEER in text


def _no_row_can_be_otherwise(pages: Reread) -> None:
    """Of each table that follows from the ledger: another cell, a row less, a row twice, no table, one beside it."""
    assert pages.wrong() == []
    sections = {part.kids[0].text.partition(" ")[2]: part for part in pages.pages.root.kids[2:]}
    tables = {title: table for title in SECTIONS if title != SOFTWARE for table in tables_of(sections[title])}
    assert set(tables) >= {"Who may", "Who may sign for whom", "Who did", "Given and taken"}
    missed, cells = [], []
    for title, table in tables.items():
        heads, rows = head_of(table), table.kids[1:]
        some = [rows[0], rows[len(rows) // 2], rows[-1]]
        cells += [(f"{title}: {h}", h, c) for row in some for h, c in zip(heads, row.kids, strict=True)]
        missed += [f"{title}: a row less" for row in (rows[0], rows[-1]) if not pages.otherwise(row, says=None)]
        missed += [] if pages.otherwise(table, says=None) else [f"{title}: no table"]
        strange = next(tables_of(sections[SOFTWARE]))
        more = [("a row more", _added(pages.pages.root, table, rows[-1]))]
        more.append(("a table more", _added(pages.pages.root, sections[title], strange)))
        missed += [f"{title}: {what}" for what, root in more if not pages.wrong(root)]
    for what, head, cell in cells:
        other = "the organisation" if head == WHERE and cell.text != "the organisation" else "77"
        missed += [] if pages.otherwise(cell, says=other) else [what]
    assert not missed


def _page_one_cannot_be_otherwise(pages: Reread) -> None:
    """How many may and did, and each warning: of another number or person, left out, or made up from true names."""
    lead = {row.kids[0].text: row.kids[1] for row in next(tables_of(pages.pages.root.kids[0])).kids}
    missed = [label for label in ("Who may", "Who did") if not pages.otherwise(lead[label], says="1 person acted")]
    together, unused = pages.exceptions("Roles together"), pages.exceptions("Unused")
    assert together
    assert unused
    for item in (*together, *unused):
        said = item.text.replace("Engineer Two", "Officer Two")
        assert said != item.text
        lies = [pages.otherwise(item, says=None), pages.otherwise(item, says=said)]
        lies.append(pages.wrong(_added(pages.pages.root, item, item)))
        missed += (
            [] if all(any("about access" in line or "it tells of" in line for line in one) for one in lies) else [said]
        )
    assert not missed


def _added(element: Element, part: Element, more: Element) -> Element:
    """Return a tree with one more thing at the end of a part."""
    held = [_added(one, part, more) if isinstance(one, Element) else one for one in element.held]
    return Element(element.tag, [*held, *([copied(more)] if element is part else [])], element.alt, element.page)
