"""Answers are looked through case by case by whoever may see the cases; everybody else gets counts, on every door."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from evals.engine.failures import Wanted
from evals.reports import result_parts
from evals.selectors import failures as select
from governance import events, store
from governance.errors import Invalid, NotFound, Refused
from governance.models import Document, LedgerEvent
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services import people
from governance.services.documents import check_body, freeze
from governance.services.ledger import mutation
from tests.evals.looked import MISSING, SAID, STRANGE, UNREADABLE, WRONG, address, lines, outputs, result
from tests.support.story import fabricated


@pytest.fixture
def already():
    return result


@pytest.fixture
def development(site) -> Document:
    made: Document = site.made
    return made


@pytest.fixture
def holdout(site) -> Document:
    return result(site, "holdout")


def api(site, who: str) -> APIClient:
    client = APIClient()
    client.force_authenticate(site.story.people[who])
    return client


def page(site, who: str) -> Client:
    client = Client()
    client.force_login(site.story.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_an_engineer_reads_what_failed_on_a_development_set(site, development: Document) -> None:
    told = api(site, "engineer").get(address(development)).json()
    assert told["count"] == 4
    found = {row["id"]: row for row in told["results"]}
    assert {name: row["outcome"] for name, row in found.items()} == {
        WRONG: "failed", STRANGE: "failed", UNREADABLE: "unparsed", MISSING: "missing",
    }  # fmt: skip
    wrong = found[WRONG]
    assert (wrong["output"], wrong["tokens"], wrong["seconds"]) == (SAID[WRONG], 3, "0.250000")
    assert wrong["sent"] == [
        {"role": "system", "content": "Reply in JSON."}, {"role": "user", "content": "Which chapter? term 0"},
    ]  # fmt: skip
    assert json.loads(wrong["case"]["target"]) == {"chapter": "blood"}
    grades = {grade["criterion"]: grade for grade in wrong["grades"]}
    assert {name: grade["met"] for name, grade in grades.items()} == {"answer": False, "form": True, "label": False}
    assert "label: skin" in grades["label"]["reason"]
    assert found[STRANGE]["missed"] == ["answer", "form", "label"]
    assert (found[MISSING]["output"], found[MISSING]["grades"]) == (None, [])
    assert found[MISSING]["missed"] == ["answer", "form", "label"]


def test_filters_leave_what_they_say(site, development: Document) -> None:
    client = api(site, "engineer")
    asked = {
        ("outcome=unparsed",): [UNREADABLE],
        ("outcome=missing",): [MISSING],
        ("criterion=form",): [STRANGE, UNREADABLE, MISSING],
        ("slice=common",): [WRONG],
        ("slice=all", "criterion=label", "outcome=failed"): [WRONG, STRANGE],
        ("text=CANNOT tell",): [UNREADABLE],
        ("text=term 3",): [MISSING],
        ("pattern=\\(really\\)$",): [UNREADABLE],
        ("text=cannot", "pattern=skin"): [],
        ("limit=1", "offset=2"): [UNREADABLE],
    }
    for query, expected in asked.items():
        assert ids(client.get(f"{address(development)}?{'&'.join(query)}")) == expected, query
    assert client.get(address(development) + "?outcome=any").json()["count"] == 300
    assert client.get(address(development) + "?outcome=passed&text=eye").json()["count"] == 20
    for wrong in ("outcome=bad", "pattern=(", "nonsense=1", "text=" + "x" * 201):
        assert client.get(f"{address(development)}?{wrong}").status_code == 400, wrong


def test_the_file_holds_what_the_list_does(site, development: Document) -> None:
    client = api(site, "engineer")
    answer = client.get(address(development, "/file") + "?outcome=failed")
    assert answer["Content-Disposition"] == "attachment; filename*=UTF-8''failures.jsonl"
    listed = client.get(address(development) + "?outcome=failed").json()["results"]
    assert [json.loads(line) for line in lines(answer)] == listed
    saved = page(site, "engineer").get(reverse("failures-download", args=[development.digest]), {"outcome": "failed"})
    assert [json.loads(line) for line in lines(saved)] == listed


def test_failures_are_counted_by_slice_and_criterion(site, development: Document) -> None:
    rows = {row["slice"]: row for row in api(site, "engineer").get(address(development, "/counts")).json()}
    assert rows["all"]["outcomes"] == {"failed": 2, "unparsed": 1, "missing": 1, "passed": 296}
    assert rows["all"]["criteria"]["form"] == {"n": 300, "failed": 3}
    assert rows["common"]["criteria"]["form"] == {"n": 75, "failed": 0}
    assert rows["common"]["failing"] == 1


@pytest.mark.attack(
    name="read a holdout's cases, or the answers to them, out of an evaluation's failures",
    caught_by="one rule on page, API, command line and download; counts do not follow a filter; refusals are recorded",
    unless="somebody who may see the cases hands them on",
)
def test_whom_cases_are_hidden_from_gets_counts_alone(site, holdout: Document) -> None:
    engineer, client, before = site.story.people["engineer"], api(site, "engineer"), ledger.size()
    for rest in ("", "/file", "?text=phrase", "/file?outcome=any"):
        assert client.get(address(holdout, rest)).status_code == 403, rest
    browser = page(site, "engineer")
    assert browser.get(reverse("failures-download", args=[holdout.digest])).status_code == 403
    refused = LedgerEvent.objects.filter(event=events.REFUSAL_ACCESS, entry_id__gte=before)
    assert refused.count() == 5
    told = ledger.leaf(before)
    assert (told.actor, told.subjects, told.data["action"]) == (engineer.actor, [holdout.digest], "failure.read")

    shown = browser.get(reverse("failures", args=[holdout.digest]), {"text": "phrase", "outcome": "any"})
    words = shown.content.decode()
    assert shown.status_code == 200
    assert "only counts are shown" in words
    printed = repr(list(result_parts.failing(holdout)))
    assert "all cases" in printed
    assert not any(secret in printed for secret in ("phrase", "case-0", *SAID.values())), (
        "nor does a dossier print more"
    )
    for kept in (WRONG, "phrase 0", "skin", "cannot tell", "Which chapter"):
        assert kept not in words, kept
    counted = client.get(address(holdout, "/counts"))
    assert counted.json()[0]["outcomes"]["missing"] == 1
    assert client.get(address(holdout, "/counts") + "?text=phrase").json() == counted.json()
    assert ids(api(site, "expert").get(address(holdout) + "?outcome=failed")) == [WRONG, STRANGE]
    assert "cannot tell" in page(site, "expert").get(reverse("failures", args=[holdout.digest])).content.decode()


def test_the_page_shows_each_failure_and_escapes_what_a_model_said(site, development: Document) -> None:
    browser = page(site, "engineer")
    url = reverse("failures", args=[development.digest])
    words = browser.get(url).content.decode()
    assert "4 of 300 answers" in words
    assert "&lt;b&gt;nose&lt;/b&gt;" in words
    assert "<b>nose" not in words
    assert "No answer came. It counts as a failure." in words
    assert "250 ms" in words
    assert "label: skin" in words
    assert f'href="{url}"' in browser.get(reverse("document", args=[development.digest])).content.decode()
    assert "No answer is like that" in browser.get(url, {"text": "nowhere"}).content.decode()
    wrong = browser.get(url, {"pattern": "("})
    assert wrong.status_code == 400
    assert "RE2 cannot read" in wrong.content.decode()
    assert browser.get(reverse("failures-download", args=[development.digest]), {"pattern": "("}).status_code == 400


def test_a_search_that_would_keep_the_server_busy_is_refused_at_every_door(site, development: Document) -> None:
    browser, client = page(site, "engineer"), api(site, "engineer")
    file, url = reverse("failures-download", args=[development.digest]), reverse("failures", args=[development.digest])

    def refused_everywhere(pattern: str, words: str) -> None:
        answers: list[Any] = [
            browser.get(url, {"pattern": pattern}),
            browser.get(file, {"pattern": pattern}),
            client.get(address(development), {"pattern": pattern}),
            client.get(address(development, "/file"), {"pattern": pattern}),
        ]
        for answer in answers:
            assert answer.status_code == 400
            assert words in answer.content.decode()

    refused_everywhere("(?:[ab]*a[ab]{1000}c)" * 5, "ask for fewer repetitions")
    with patch("evals.engine.searching.MOST_WORK", 100):
        refused_everywhere("really", "is too long for this pattern")
    with patch("evals.engine.searching.SECONDS", -1.0):
        refused_everywhere("really", "search for words")
    assert ids(client.get(address(development), {"pattern": "really"})) == [UNREADABLE]


@pytest.mark.attack(
    name="write kinder grades into an evaluation's outputs, or have outputs read that no permit stands behind",
    caught_by="every text is graded again before anything is shown; a result without a consumed permit is refused",
    unless="whoever runs the machine alters the program that grades",
)
def test_made_up_grades_and_results_are_not_shown(site) -> None:
    signed = site.story["set"]
    kinder = outputs(signed).replace(b'"passed":false', b'"passed":true', 1)
    with fabricated("base", 0.5):  # what accepts results refuses such grades; somebody got round it
        forged = result(site, "holdout", kinder)
    with pytest.raises(Invalid, match="records grades for case 'case-0000' other than the rubric gives"):
        select.counts(select.looking(forged))

    links = [{"role": link.role, "digest": link.digest} for link in docs.envelope(forged).references]
    body = check_body(KINDS["evals.evaluation_result"], docs.envelope(forged).body | {"seconds": "1"})
    with mutation(actor=None, action="result.accept", project=forged.project) as m:
        loose = freeze(m, kind=KINDS["evals.evaluation_result"], body=body, references=links, contributors=[], by=None)
    with pytest.raises(Refused, match="no consumed permit"):
        select.looking(loose)
    assert api(site, "expert").get(address(loose, "/counts")).status_code == 409
    with pytest.raises(NotFound):
        select.looking(signed)


def test_altered_outputs_are_not_shown(site, development: Document) -> None:
    found = select.looking(development)
    assert len(found.chosen(Wanted())) == 4
    path = store.path_of(found.body.outputs.sha256)
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().replace(b"skin", b"ears"))
    assert api(site, "engineer").get(address(development)).status_code == 400
    with pytest.raises(Invalid):
        select.counts(select.looking(development))


def test_another_projects_failures_do_not_exist(site, development: Document) -> None:
    owner, password = site.story.people["owner"], "a-long-password-1"
    made = people.person_enrol(actor=owner, username="otto", printed_name="Otto", password=password)
    site.story.people["otto"] = made
    assert api(site, "otto").get(address(development, "/counts")).status_code == 404
    assert page(site, "otto").get(reverse("failures", args=[development.digest])).status_code == 404
