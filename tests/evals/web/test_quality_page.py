"""Asking for the quality checks on the page, and taking every place away from what they found."""

import csv
import io

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from evals import documents as evals
from evals.selectors import quality as select
from governance import store
from governance.models import Document, Job
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.services import documents
from governance.services.ledger import mutation
from tests.governance.web.world import World
from tests.support import papers
from training.kinds import tuning as training


def test_who_may_ask_and_what_is_missing(world: World, as_) -> None:
    url = reverse("quality-assess", args=[world.project.slug])
    page = as_(world.engineer).get(url)
    assert page.status_code == 200
    assert world.evaluation_set.digest in page.content.decode()
    assert as_(world.outsider).get(url).status_code == 404
    empty = as_(world.engineer).post(url, {"evaluation_set": world.evaluation_set.digest})
    assert empty.status_code == 400
    foreign = {
        "datasets": [world.policy.digest], "evaluation_set": world.evaluation_set.digest, "rubric": world.rubric.digest
    }  # fmt: skip
    assert as_(world.engineer).post(url, foreign).status_code == 400


def dataset(world: World) -> Document:
    contract = documents.document_submit(
        actor=world.owner, project=world.project, kind=training.CONTRACT, body=papers.CONTRACT
    )
    entry = store.put([b'{"id":"r1","messages":[{"role":"user","content":"hello"}],"target":"x"}\n'])
    file = {"path": "rows.jsonl", "size": entry.size, "sha256": entry.sha256}
    return documents.document_submit(
        actor=world.engineer, project=world.project, kind=training.DATASET, body=papers.dataset(file),
        references=[{"role": "contract", "digest": contract.digest}],
    )  # fmt: skip


def test_asking_leads_to_the_page_of_the_job(world: World, as_) -> None:
    url = reverse("quality-assess", args=[world.project.slug])
    wanted = {
        "datasets": [dataset(world).digest], "evaluation_set": world.evaluation_set.digest,
        "rubric": world.rubric.digest,
    }  # fmt: skip
    answer = as_(world.engineer).post(url, wanted)
    job = Job.objects.get(purpose="assess")
    assert (answer.status_code, answer["Location"]) == (302, reverse("run", args=[job.pk]))
    page = as_(world.engineer).get(answer["Location"]).content.decode()
    assert "Quality check" in page
    assert "run-progress" not in page  # htmx has its address, not the name
    assert f"/runs/{job.pk}/progress/" in page


def report(world: World, check: str = "leakage.exact") -> Document:
    lines = [f'{{"check": "{check}", "at": "row =r{n} / case c{n}", "row": "=r{n}", "case": "c{n}"}}\n'
             for n in range(25)]  # fmt: skip
    entry = store.put(line.encode() for line in lines)
    examples = [f"row =r{n}" for n in range(10)]
    leak = {"check": check, "status": "fail", "found": "25 of 30 cases are in the data", "expected": "0"}
    body = {
        "title": "Quality of phrases", "rows": 100, "cases": 30, "settings": {},
        "findings": [leak | {"examples": examples, "places": 25}],
        "listed": {"path": "findings.jsonl", "size": entry.size, "sha256": entry.sha256},
    }  # fmt: skip
    links = {"dataset": dataset(world), "evaluation_set": world.evaluation_set, "rubric": world.rubric}
    references = [{"role": role, "digest": found.digest} for role, found in links.items()]
    with mutation(actor=world.engineer, action="quality.assess", project=world.project) as m:
        return documents.freeze(
            m, kind=KINDS[evals.QUALITY], body=body, references=references, contributors=[], by=None
        )


def test_every_place_can_be_taken_away_and_no_cell_is_a_formula(world: World, as_) -> None:
    made = report(world)
    page = as_(world.engineer).get(reverse("document", args=[made.digest])).content.decode()
    assert "10 of 25 places" in page
    address = reverse("quality-findings", args=[made.digest])
    assert f"{address}?check=leakage.exact" in page
    answer = as_(world.engineer).get(address, {"check": "leakage.exact"})
    table = list(csv.reader(io.StringIO(answer.getvalue().decode())))
    assert table[0] == ["check", "at", "row", "case"]
    assert len(table) == 26
    assert table[25][1:] == ["row =r24", "'=r24", ""]
    answer = as_(world.officer).get(address, {"check": "leakage.exact"})
    assert list(csv.reader(io.StringIO(answer.getvalue().decode())))[25][2:] == ["'=r24", "c24"]
    assert as_(world.outsider).get(address).status_code == 404
    assert as_(world.engineer).get(reverse("quality-findings", args=[world.rubric.digest])).status_code == 404


def test_a_leaked_case_is_named_and_can_be_retired_by_who_may_see_it(world: World, as_) -> None:
    made = report(world)
    retire = f"{reverse('cases-retire', args=[world.evaluation_set.digest])}?case=c0"
    page, kept = (
        as_(reader).get(reverse("document", args=[made.digest])).content.decode()
        for reader in (world.officer, world.engineer)
    )
    assert retire in page
    assert retire not in kept
    assert "row =r0" in kept
    store.path_of(docs.envelope(made).body["listed"]["sha256"]).unlink()
    assert retire not in as_(world.officer).get(reverse("document", args=[made.digest])).content.decode()


def test_what_reports_from_before_say_of_cases_is_not_shown() -> None:
    leak = {"check": "leakage.near", "status": "fail", "examples": ["row r1 / case a", "row r1 / case b", "row 3"]}
    other = {"check": "labels.odd", "status": "ok", "examples": ["a / case b"]}
    shown = select.told({"findings": [leak, other], "cases": 2}).checks
    assert [list(finding["examples"]) for finding in shown] == [["row r1", "row 3"], ["a / case b"]]


def test_rows_contained_in_cases_of_a_report_from_before_are_kept_back(world: World) -> None:
    """It did not yet tell rows that hold a case from those that are part of one."""
    made = report(world, "leakage.contained")
    assert list(select.places(world.engineer, made)) == []
    assert len(list(select.places(world.officer, made))) == 25


def test_a_production_sample_is_brought_on_a_page(world: World, as_) -> None:
    url = reverse("production-sample", args=[world.project.slug])
    client = as_(world.engineer)
    assert client.get(url).status_code == 200
    rows = b"input,slices\nhello there,common\nanother one,common\n"
    form = {
        "title": "May", "source": "desk", "drawn": "every tenth", "first_day": "2026-05-01", "last_day": "2026-05-31",
        "form": "csv", "files": [SimpleUploadedFile("may.csv", rows)],
    }  # fmt: skip
    answer = client.post(url, form)
    made = Document.objects.get(kind=evals.SAMPLE)
    assert (answer.status_code, answer["Location"]) == (302, reverse("document", args=[made.digest]))
    page = client.get(answer["Location"]).content.decode()
    assert "every tenth" in page
    assert "hello there" not in page
    assert made.digest in client.get(reverse("quality-assess", args=[world.project.slug])).content.decode()
    wrong = client.post(url, form | {"files": [SimpleUploadedFile("may.csv", b"no,heading\n1,2\n")]})
    assert wrong.status_code == 400
    assert as_(world.auditor).post(url, form | {"files": [SimpleUploadedFile("may.csv", rows)]}).status_code == 403


def test_the_report_says_how_like_production_the_cases_are_or_that_nobody_knows(world: World, as_) -> None:
    page = as_(world.engineer).get(reverse("document", args=[report(world).digest])).content.decode()
    assert "Nobody knows: no production sample was named." in page
