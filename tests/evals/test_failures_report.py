"""A report prints failing answers in full, follows from its evidence, and reaches nobody from whom cases are kept."""

import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from governance import events, store
from governance.access import ENGINEER
from governance.errors import Denied, Invalid, NotFound
from governance.models import Document, LedgerEvent, Report
from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.failures import FAILURES, read
from governance.proof.checks.verify import examine
from governance.proof.files.package_file import verify_package
from governance.proof.files.package_index import INDEX, KEPT_BACK
from governance.proof.files.report_file import verify_report
from governance.proof.formats import canonical
from governance.proof.pages.compare import rows_of
from governance.reports.gathered import gather
from governance.selectors import documents as docs
from governance.selectors import reports as select
from governance.selectors.search import search
from governance.services import people, reports
from governance.services.reauthentication import Proof
from tests.evals.looked import MISSING, SAID, STRANGE, UNREADABLE, WRONG, result
from tests.governance.reports.reread import Reread, reread
from tests.governance.reports.test_lineage import built, refused
from tests.support.story import PASSWORD


@pytest.fixture
def already():
    return result


@pytest.fixture
def holdout(site) -> Document:
    return result(site, "holdout")


def asked(site, subject: Document, who: str = "officer", **parameters: Any) -> Report:
    return reports.request(actor=site.story.people[who], kind="failures", subject=subject, parameters=parameters)


def test_it_prints_each_failure_in_full_and_verifies(site, holdout: Document) -> None:
    report = asked(site, holdout)
    outcome = verify_report(built(report), site.story.fingerprint)
    assert outcome.code == 0, [line for line in outcome.checks if line.ok is False]
    [held, word] = [line for line in outcome.checks if line.name == FAILURES]
    assert held.ok
    assert "4 failures" in held.detail
    assert word.ok is None, "that these are the texts of the files is the server's word"
    pages = reread(gather(report), site.story.fingerprint)
    said = read(str(pages.facts.evidence.findings))
    assert [one.case for one in said.failures] == [WRONG, STRANGE, UNREADABLE, MISSING]
    assert [one.outcome for one in said.failures] == ["failed", "failed", "unparsed", "missing"]
    assert [one.answered for one in said.failures] == [SAID.get(one.case) for one in said.failures]
    told = {row[0].text: row[1].text for one in pages.texts("Table") for row in rows_of(one) if len(row) == 2}
    assert (told["Answers that failed"], told["Printed in full"]) == ("4", "4")
    assert "engineer" in told["Kept from"]
    lies(pages)
    forged(pages, site.story.fingerprint)


def lies(pages: Reread) -> None:
    """Pages of whoever holds the seal key: what is told otherwise than the evidence has it is found."""
    assert pages.wrong() == []
    cells = [row[1] for one in pages.texts("Table") for row in rows_of(one) if len(row) == 2]
    [answered] = [cell for cell in cells if cell.text == SAID[WRONG]]
    [many] = [cell for cell in cells if cell.text == "4"][:1]
    [heading] = [one for one in pages.texts("H2") if one.text == f"Case {STRANGE}"]
    for part, says in ((answered, '{"chapter":"blood"}'), (many, "3"), (heading, "Case case-0299"), (heading, None)):
        assert pages.otherwise(part, says=says), (part.text, says)


def forged(pages: Reread, fingerprint: str) -> None:
    """Evidence of whoever holds the seal key: as many failures as the result counts, each of its plan, each once."""
    honest = pages.facts.evidence
    said = read(str(honest.findings))

    def wrong(**changes: Any) -> str:
        text = said.model_copy(update=changes).to_text()
        found = examine(honest.model_copy(update={"findings": text}), fingerprint).lines
        return "; ".join(line.detail for line in found if line.ok is False and line.name == FAILURES)

    first, *others = said.failures
    assert wrong() == ""
    assert "expected 50 of the 4" in wrong(failures=tuple(others)), "one is left out"
    assert "stands there twice" in wrong(failures=(first, first, *others[1:]))
    assert "no slice of" in wrong(failures=(first.model_copy(update={"slices": ("easy",)}), *others))
    assert "is not in the slice" in wrong(piece="common")
    assert "does not name" in wrong(failures=(first.model_copy(update={"before": {"baseline": True}}), *others))
    assert "answers from" in wrong(outputs=f"sha256:{'0' * 64}")
    assert "cases from" in wrong(cases=())
    assert "expected those of" in wrong(result=f"sha256:{'0' * 64}")
    for text in (None, "no JSON", "{}"):
        found = examine(honest.model_copy(update={"findings": text}), fingerprint).lines
        assert any(line.ok is False and line.name == FAILURES for line in found), text


def test_few_of_them_or_those_of_a_slice_can_be_asked_for(site, holdout: Document) -> None:
    for parameters, expected in (({"most": 2}, [WRONG, STRANGE]), ({"piece": "common"}, [WRONG])):
        report = asked(site, holdout, **parameters)
        assert verify_report(built(report), site.story.fingerprint).code == 0, parameters
        said = read(str(reread(gather(report), site.story.fingerprint).facts.evidence.findings))
        assert [one.case for one in said.failures] == expected
    for wrong, field in (({"piece": "no such"}, "piece"), ({"most": 0}, "most"), ({"most": 201}, "most")):
        with pytest.raises(Invalid) as refusal:
            asked(site, holdout, **wrong)
        assert refusal.value.field == field


@pytest.mark.attack(
    name="read a holdout's failures by their report, as somebody who trains",
    caught_by="reports kept from a role are neither given nor shown to its holders, whatever else they are",
    unless="somebody who may see the cases hands the file on",
)
def test_whoever_trains_neither_asks_for_it_nor_sees_it(site, holdout: Document) -> None:
    before = set(LedgerEvent.objects.filter(event__startswith="refusal:").values_list("pk", flat=True))
    with pytest.raises(Denied, match="kept"):
        asked(site, holdout, "engineer")
    refusal = LedgerEvent.objects.filter(event__startswith="refusal:").exclude(pk__in=before).get()
    assert refusal.event == events.REFUSAL_ACCESS
    report = asked(site, holdout)
    built(report)
    officer, engineer = site.story.people["officer"], site.story.people["engineer"]
    assert select.get(officer, str(report.pk)) == report
    seen = {who: doors(site, site.story.people[who], report, holdout) for who in ("officer", "engineer")}
    assert seen == {"officer": ({200}, True), "engineer": ({404}, False)}
    owner = site.story.people["owner"]
    people.role_grant(actor=owner, user=officer, role=ENGINEER, project=holdout.project, proof=Proof(PASSWORD))
    assert doors(site, officer, report, holdout) == ({404}, False), "who trains is kept from it, whatever else they are"
    with pytest.raises(NotFound):
        select.get(officer, str(report.pk))
    with pytest.raises(Denied):
        asked(site, holdout)
    assert not select.visible(engineer).filter(pk=report.pk).exists()


def doors(site: Any, person: Any, report: Report, holdout: Document) -> tuple[set[int], bool]:
    """What the file's addresses answer, and whether the result's page tells of the report or offers it."""
    client, api = Client(), APIClient()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    api.force_authenticate(person)
    codes = {
        api.get(f"/api/v1/reports/{report.pk}").status_code,
    }
    for answer in (client.get(reverse("report-file", args=[report.pk])), api.get(f"/api/v1/reports/{report.pk}/file")):
        codes.add(answer.status_code)
        answer.close()
    found = search(person, str(report.pk)).reports or search(person, holdout.title).reports
    assert (report in found) is (codes == {200}), "nor is it found by name, digest or identifier"
    page = client.get(reverse("document", args=[holdout.digest])).content.decode()
    listed = client.get(reverse("project-reports", args=[site.story.project.slug])).content.decode()
    return codes, "Failures by example" in page and str(report.pk) in page + listed


def test_a_package_names_it_and_leaves_it_out(site, holdout: Document) -> None:
    built(asked(site, holdout))
    ask = {"actor": site.story.people["owner"], "kind": "audit-package", "project": holdout.project}
    package = built(reports.request(**ask))
    with zipfile.ZipFile(BytesIO(package)) as opened:
        [listed] = [one for one in canonical.loads(opened.read(INDEX))["reports"] if one["kind"] == "failures"]
        assert not [name for name in opened.namelist() if "failures" in name]
    assert (listed["file"], listed["left_out"]) == ("", KEPT_BACK)
    outcome = verify_package(package, site.story.fingerprint, Elsewhere())
    assert outcome.code == 0, [line for line in outcome.checks if line.ok is False]
    assert any(line.ok is None and KEPT_BACK in line.detail for line in outcome.checks)


def test_there_is_none_of_answers_that_were_altered(site, holdout: Document) -> None:
    report = asked(site, holdout)
    digest = docs.envelope(holdout).body["outputs"]["sha256"]
    path = store.path_of(digest)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"skin", b"nose"))
    assert "cannot be read as they were frozen" in refused(report)
