"""Failures of a development set feed the next version and training; those of a holdout feed neither."""

import json
from threading import Barrier, Thread
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evals import documents as evals
from evals.engine.evaluation_set import sizes
from evals.engine.spec import EvaluationResultBody, EvaluationSetBody
from evals.selectors import candidates as select
from evals.selectors import failures
from evals.services import candidates as service
from governance import events, store
from governance.errors import Conflict, Denied, Invalid, NotFound, Refused
from governance.models import Candidate, CandidateWithdrawn, Document, Draft, LedgerEvent
from governance.proof.formats.canonical import dumps, sha256
from governance.proof.formats.manifest import FileEntry
from governance.selectors import candidates as rows
from governance.selectors import documents as docs
from governance.selectors import kept, ledger, retention
from governance.selectors.verification import verify
from governance.services import disposal
from governance.services.documents import document_submit, draft_create, draft_freeze
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof
from tests.evals.looked import MISSING, UNREADABLE, WRONG, cases, lines, result
from tests.evals.test_failures import api, page
from tests.governance import tampering
from tests.support import papers
from tests.support.story import PASSWORD
from tests.support.watching import watched


@pytest.fixture
def already():
    return result


@pytest.fixture
def development(site) -> Document:
    made: Document = site.made
    return made


def mark(site, found: Document, case: str = WRONG, use: str = "case", who: str = "engineer", **more: Any) -> Candidate:
    return service.mark(actor=site.story.people[who], result=found, case=case, use=use, **more)


def marked(site, row: Candidate, who: str = "engineer") -> select.Marked:
    return select.get(site.story.people[who], row.pk)


def changed(site, found: Document, case: str = WRONG, **changes: Any) -> dict[str, Any]:
    [asked] = [one for one in cases(site.story["development set"]) if one.id == case]
    return asked.model_dump(mode="json", exclude_defaults=True) | changes


def test_a_failure_becomes_a_case_of_the_next_version_and_never_of_this_one(site, development: Document) -> None:
    current = site.story["development set"]
    before, size = bytes(current.content), ledger.size()
    corrected = marked(site, mark(site, development, note="The label is wrong."))
    beside = marked(site, mark(site, development, MISSING, content=changed(site, development, MISSING, id="beside")))
    told = ledger.leaf(size)
    assert (told.event, told.actor) == (events.CANDIDATE_MARKED, site.story.people["engineer"].actor)
    assert told.subjects == [f"candidate:{corrected.row.pk}", development.digest]
    assert WRONG not in json.dumps(dict(told.data)), "which case it was is private"
    assert (corrected.case, corrected.repeat, corrected.note) == (WRONG, 1, "The label is wrong.")

    engineer = site.story.people["engineer"]
    draft = service.draft_cases(actor=engineer, candidates=[corrected, beside], evaluation_set=current)
    assert Document.objects.filter(series=current.series).count() == 1
    assert bytes(Document.objects.get(pk=current.digest).content) == before
    assert marked(site, corrected.row).drafts == (str(draft.pk),)
    frozen = draft_freeze(actor=engineer, draft=draft, revision=draft.revision)
    body = docs.model_body(frozen, EvaluationSetBody)
    assert (frozen.number, body.cases, body.roles) == (2, 301, {"known failures": "failure_prone"})
    held = {case.id: case for entry in body.files for case in _read(entry)}
    assert len(held) == 301
    assert body.sizes == sizes(list(held.values()), body.slices)
    assert (body.sizes["all"].cases, body.sizes["known failures"].cases) == (301, 2)
    assert held[WRONG].slices == ["common", "known failures"]
    assert held["beside"].slices[-1] == "known failures"
    leaf = ledger.leaf(ledger.size() - 2)
    assert leaf.event == events.CANDIDATES_DRAFTED
    assert leaf.data["candidates"] == [str(corrected.row.pk), str(beside.row.pk)]
    with pytest.raises(Conflict, match="drafted already"):
        service.draft_cases(actor=engineer, candidates=[marked(site, corrected.row)], evaluation_set=frozen)


def _read(entry: Any) -> list[Any]:
    from evals.engine.cases import read_cases

    return read_cases([(entry.path, store.path_of(entry.sha256))])


@pytest.mark.postgres
def test_every_write_about_candidates_is_made_inside_a_mutation(
    site, development: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watched(monkeypatch):
        test_a_failure_becomes_a_case_of_the_next_version_and_never_of_this_one(site, development)
        example = mark(site, development, UNREADABLE, "example")
        service.withdraw(actor=site.story.people["officer"], candidate=marked(site, example))
    assert not [problem for check in verify().checks if check.name == "candidates" for problem in check.problems]


def test_what_was_proposed_goes_with_its_result(site, development: Document) -> None:
    row = mark(site, development, note="She told us.")
    openings, files = retention.left([development])[development.digest]
    assert row.sha256 in files
    assert row.seq in openings
    store.remove(row.sha256)
    assert marked(site, row).fault == "its words are gone, and no disposal tells of it"
    outputs = docs.model_body(development, EvaluationResultBody).outputs.sha256
    store.remove(outputs)
    gone = dict.fromkeys((row.sha256, outputs), 1)
    with patch("governance.selectors.disposals.files", side_effect=lambda asked: {d: gone[d] for d in asked}):
        assert marked(site, row).fault == "its words were disposed of under a signed disposal"
        with pytest.raises(Refused, match="disposed of under a signed disposal"):
            failures.counts(failures.looking(development))
    answer = api(site, "engineer").get(f"/api/v1/results/{development.digest}/failures/counts")
    assert answer.status_code == 400, "gone without a disposal is a fault"


def disposed(site, files: list[str]) -> int:
    """Sign a disposal of files and carry it out; return how many went."""
    story = site.story
    draft = disposal.draft(
        actor=story.people["officer2"], title="Old", reason="Over.", legal_basis="Retention.", files=files
    )
    made = draft_freeze(actor=story.people["officer2"], draft=draft, revision=draft.revision)
    story.made["disposal"] = made
    story.sign("disposal", requester="officer2", signers=("owner", "officer"))
    return disposal.carry_out(actor=story.people["owner"], document=made, proof=Proof(PASSWORD))


def test_what_was_disposed_of_blocks_no_download_and_what_was_drafted_stays(site, development: Document) -> None:
    engineer, slug = site.story.people["engineer"], site.story.project.slug
    drafted, waits = marked(site, mark(site, development)), marked(site, mark(site, development, MISSING))
    draft = service.draft_cases(actor=engineer, candidates=[drafted], evaluation_set=site.story["development set"])
    assert disposed(site, [drafted.row.sha256]) == 1
    gone = marked(site, drafted.row)
    assert (gone.content, gone.fault) == (None, "its words were disposed of under a signed disposal")
    assert gone.drafts == (str(draft.pk),)
    client = api(site, "engineer")
    answer = client.get(f"/api/v1/candidates/file?project={slug}&use=case")
    assert [json.loads(line)["id"] for line in lines(answer)] == [MISSING]
    saved = page(site, "engineer").get(reverse("candidates-download", args=[slug]), {"use": "case"})
    assert [json.loads(line)["id"] for line in lines(saved)] == [MISSING]
    draft.refresh_from_db()
    assert WRONG in {case.id for entry in _entries(draft) for case in _read(entry)}

    store.remove(waits.row.sha256)
    before = ledger.size()
    answer = client.get(f"/api/v1/candidates/file?project={slug}&use=case")
    assert answer.status_code == 409
    assert "no disposal tells of it" in answer.content.decode(), "what is gone otherwise is not passed over"
    assert ledger.size() == before + 1


def _entries(draft: Draft) -> list[FileEntry]:
    return [FileEntry.model_validate(entry) for entry in draft.body["files"]]


def test_a_result_whose_answers_were_disposed_of_offers_none_of_them(site, development: Document) -> None:
    browser, answers = page(site, "engineer"), docs.model_body(development, EvaluationResultBody).outputs.sha256
    cases_of = docs.model_body(site.story["development set"], EvaluationSetBody).files[0].sha256
    for document, name, gone in (
        (development, "failures", answers), (site.story["development set"], "cases", cases_of)
    ):  # fmt: skip
        url, link = reverse("document", args=[document.digest]), reverse(name, args=[document.digest])
        assert f'href="{link}"' in browser.get(url).content.decode()
        store.remove(gone)
        with patch("governance.selectors.disposals.files", side_effect=lambda asked: dict.fromkeys(asked, 1)):
            words = browser.get(url).content.decode()
            assert f'href="{link}"' not in words
            assert "disposed of" in words


def test_what_was_proposed_cannot_be_guessed_by_its_digest(site, development: Document) -> None:
    one = mark(site, development)
    service.withdraw(actor=site.story.people["engineer"], candidate=marked(site, one))
    two = mark(site, development)
    assert marked(site, one).line == marked(site, two).line
    assert one.sha256 != two.sha256, "kept apart: the disposal of one leaves the other"
    line = marked(site, two).line
    assert line is not None
    guessed = {sha256(line), sha256(dumps([development.digest, WRONG, 1]))}
    for row in (one, two):
        told = ledger.leaf(row.seq).data
        assert set(told) == {"candidate", "result", "use", "file"}
        assert not guessed & {str(value) for value in told.values()}


def test_what_was_marked_before_words_were_salted_is_read_as_it_was_told(site, development: Document) -> None:
    line = json.dumps(changed(site, development)).encode() + b"\n"
    engineer = site.story.people["engineer"]
    early = Candidate(result=development, use="case", sha256=store.put([line]).sha256, by=engineer)
    with mutation(actor=engineer, action=service.MARK, project=site.story.project) as m:
        early.at = m.time
        told = rows.marking(early) | {"answer": sha256(b"which")}
        early.seq = m.append(events.CANDIDATE_MARKED, data=told, private={"case": WRONG, "repeat": 1})
        early.save()
    found = marked(site, early)
    assert (found.line, found.fault, found.case) == (line, "", WRONG)
    with pytest.raises(Conflict, match="marked for this"):
        mark(site, development)
    assert not [problem for check in verify().checks if check.name == "candidates" for problem in check.problems]


def test_a_page_of_candidates_reads_its_own_files_and_asks_as_much_for_many(site, development: Document) -> None:
    mark(site, development, WRONG)
    browser, url, counts = page(site, "engineer"), reverse("candidates", args=[site.story.project.slug]), []
    browser.get(url)
    for more in (None, (MISSING, "case"), (UNREADABLE, "example")):
        if more:
            mark(site, development, more[0], more[1])
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(url).status_code == 200
        counts.append(len(asked))
    assert len(set(counts)) == 1
    assert counts[0] <= 60
    client, slug = api(site, "engineer"), site.story.project.slug
    with patch("governance.selectors.kept.read", return_value=(None, kept.GONE)) as read:
        told = client.get(f"/api/v1/candidates?project={slug}&limit=1").json()
    assert told["count"] == 3
    assert read.call_count == len(told["results"]) == 1


def test_failures_become_rows_that_a_dataset_can_hold(site, development: Document) -> None:
    from evals.quality.rows import Row

    mark(site, development, WRONG, "example")
    fuller = {"id": "row-1", "messages": [{"role": "user", "content": "what is it"}], "target": '{"chapter":"eye"}'}
    gone = mark(site, development, UNREADABLE, "example", content=fuller)
    withdrawn = service.withdraw(actor=site.story.people["officer"], candidate=marked(site, gone))
    assert withdrawn.by == site.story.people["officer"]
    client = api(site, "engineer")
    answer = client.get(f"/api/v1/candidates/file?project={site.story.project.slug}&use=example")
    [line] = lines(answer)
    row = Row.model_validate_json(line)
    assert (row.messages[-1].content, json.loads(row.target)) == ("term 0", {"chapter": "blood"})
    saved = page(site, "engineer").get(
        reverse("candidates-download", args=[site.story.project.slug]), {"use": "example"}
    )
    assert lines(saved) == [line]
    assert lines(client.get(f"/api/v1/candidates/file?project={site.story.project.slug}&use=case")) == []


@pytest.mark.attack(
    name="carry a holdout's cases into training, or into a set that engineers read, as candidates from failures",
    caught_by="only failures on a set kept from nobody are marked; words that hold a holdout's case are refused",
    unless="the case is reworded",
)
def test_nothing_of_a_holdout_feeds_training_or_a_development_set(site, development: Document) -> None:
    holdout, people = result(site, "holdout"), site.story.people
    for who in ("expert", "officer", "owner"):
        for use in select.USES:
            with pytest.raises(Refused, match="cases of a holdout"):
                mark(site, holdout, use=use, who=who)
    before = ledger.size()
    with pytest.raises(Denied, match="kept"):
        mark(site, holdout)
    assert ledger.leaf(before).data["action"] == service.MARK
    stolen = [{"role": "user", "content": "PHRASE 7!"}]
    for use, content in (
        ("case", changed(site, development, id="stolen", messages=stolen)),
        ("example", {"id": "stolen", "messages": stolen, "target": "x"}),
        ("example", {"id": "stolen", "messages": [*stolen, {"role": "user", "content": "And now?"}], "target": "x"}),
    ):
        with pytest.raises(Refused, match="hold a case of"):
            mark(site, development, use=use, content=content)
    words = "phrase 7"
    for use, content in (
        ("case", changed(site, development, note=words)),
        ("case", changed(site, development, references=[words])),
        ("case", changed(site, development, passages=[{"id": "p", "text": words}])),
        ("case", changed(site, development, metadata={"asked": words})),
        ("case", changed(site, development, provenance=words)),
        ("example", {"id": "stolen", "messages": [{"role": "user", "content": "Repeat."}], "target": words}),
    ):
        with pytest.raises(Refused, match="hold a case of"):
            mark(site, development, use=use, content=content)
    with pytest.raises(Refused, match="hold a case of"):
        mark(site, development, note=words)
    assert not Candidate.objects.exists()

    known = marked(site, mark(site, development))
    with pytest.raises(Refused, match="joins no holdout"):
        service.draft_cases(actor=people["expert"], candidates=[known], evaluation_set=site.story["set"])
    assert not Draft.objects.filter(frozen=None).exists()


def test_a_set_that_becomes_a_holdout_later_hides_what_was_marked(site, development: Document) -> None:
    row = mark(site, development, note="The label is wrong.")
    held_out(site)
    seen = marked(site, row)
    assert (seen.case, seen.repeat, seen.note, seen.line) == (None, None, None, None)
    assert (seen.content, seen.fault) == (None, "its cases are kept from the role engineer")
    assert marked(site, row, "expert").content is not None
    client, slug = api(site, "engineer"), site.story.project.slug
    assert client.get(f"/api/v1/candidates/file?project={slug}&use=case").status_code == 403
    [shown] = client.get(f"/api/v1/candidates?project={slug}").json()["results"]
    assert (shown["content"], shown["case"], shown["repeat"], shown["note"]) == (None, None, None, None)
    words = page(site, "engineer").get(reverse("candidates", args=[slug])).content.decode()
    for hidden in ("term 0", WRONG, "The label is wrong."):
        assert hidden not in words
        assert hidden in page(site, "expert").get(reverse("candidates", args=[slug])).content.decode()


def held_out(site) -> Document:
    """Freeze a holdout of the development set's cases."""
    body = docs.envelope(site.story["development set"]).body | {"purpose": "holdout", "title": "Held out after all"}
    made: Document = site.story.submit("expert", "later holdout", evals.SET, body)
    return made


@pytest.mark.parametrize("becomes", ["purpose", "files"])
def test_candidates_join_no_draft_that_is_to_be_a_holdout(site, development: Document, becomes: str) -> None:
    people, current = site.story.people, site.story["development set"]
    known, body = marked(site, mark(site, development)), dict(docs.envelope(current).body)
    if becomes == "purpose":
        body["purpose"] = "holdout"
    else:
        held = docs.envelope(site.story["set"]).body["files"][0]
        body["files"] = [*body["files"], held | {"path": "more.jsonl"}]
    draft = draft_create(actor=people["expert"], project=site.story.project, kind=evals.SET, body=body, base=current)
    with pytest.raises(Refused, match="joins no holdout"):
        service.draft_cases(actor=people["engineer"], candidates=[known], evaluation_set=current)
    draft.refresh_from_db()
    assert (draft.revision, draft.body) == (1, body)
    assert marked(site, known.row).open


@pytest.mark.parametrize("happens", ["withdrawn", "drafted", "held out", "another draft", "another version"])
def test_cases_are_drafted_and_told_in_one_act_or_not_at_all(
    site, development: Document, monkeypatch: pytest.MonkeyPatch, happens: str
) -> None:
    people, current, project = site.story.people, site.story["development set"], site.story.project
    known, put = marked(site, mark(site, development)), store.put
    body = docs.envelope(current).body
    told = LedgerEvent.objects.filter(event=events.CANDIDATES_DRAFTED)

    def meanwhile(*given: Any, **more: Any) -> Any:
        monkeypatch.setattr(store, "put", put)
        if happens == "withdrawn":
            service.withdraw(actor=people["expert"], candidate=known)
        elif happens == "drafted":
            service.draft_cases(actor=people["expert"], candidates=[known], evaluation_set=current)
        elif happens == "held out":
            held_out(site)
        elif happens == "another draft":
            draft_create(actor=people["expert"], project=project, kind=evals.SET, body=body, base=current)
        else:
            document_submit(actor=people["expert"], project=project, kind=evals.SET, body=body, base=current)
        drafts.extend(Draft.objects.filter(frozen=None).values_list("pk", "revision"))
        leaves.append(told.count())
        return put(*given, **more)

    drafts: list[Any] = []
    leaves: list[int] = []
    monkeypatch.setattr(store, "put", meanwhile)
    with pytest.raises((Conflict, Refused)):
        service.draft_cases(actor=people["engineer"], candidates=[known], evaluation_set=current)
    assert list(Draft.objects.filter(frozen=None).values_list("pk", "revision")) == drafts
    assert [told.count()] == leaves


def test_what_is_no_candidate_is_refused(site, development: Document) -> None:
    for wrong, words in (
        ({"case": "case-0004"}, "whose answer passed"),
        ({"use": "sale"}, "expected one of"),
        ({"content": {"id": "x"}}, "messages"),
        ({"content": changed(site, development, slices=["all"])}, "slice"),
        ({"use": "example", "content": {"id": "x", "messages": [], "target": ""}}, "messages"),
        ({"note": "x" * 2001}, "at most"),
    ):
        with pytest.raises(Invalid, match=words):
            mark(site, development, **wrong)
    for case, repeat in (("case-9999", 1), (WRONG, 2)):
        with pytest.raises(NotFound):
            mark(site, development, case, repeat=repeat)
    row = mark(site, development)
    with pytest.raises(Conflict, match="marked for this"):
        mark(site, development, who="expert")
    example = marked(site, mark(site, development, use="example"))
    people, current = site.story.people, site.story["development set"]
    for chosen in ([], [example], [marked(site, row), marked(site, row)]):
        with pytest.raises(Invalid, match="candidates"):
            service.draft_cases(actor=people["expert"], candidates=chosen, evaluation_set=current)
    with pytest.raises(Invalid, match="something else"):
        service.draft_cases(
            actor=people["expert"], candidates=[marked(site, row)], evaluation_set=current, slice_name="common"
        )
    service.withdraw(actor=people["expert"], candidate=marked(site, row))
    with pytest.raises(Conflict, match="was withdrawn"):
        service.withdraw(actor=people["expert"], candidate=marked(site, row))
    with pytest.raises(Conflict, match="was withdrawn"):
        service.draft_cases(actor=people["expert"], candidates=[marked(site, row)], evaluation_set=current)
    assert mark(site, development).pk != row.pk, "what was withdrawn can be marked again"


@pytest.mark.attack(
    name="insert a candidate that nobody marked, or exchange what somebody proposed",
    caught_by="a candidate counts only as its leaf tells it, its words by their digest; verify_ledger finds both",
    unless="the leaves are rewritten too: then only a checkpoint kept elsewhere tells",
)
def test_forged_candidates_count_for_nothing(site, development: Document) -> None:
    real, engineer, slug = mark(site, development), site.story.people["engineer"], site.story.project.slug
    forged = Candidate(result=development, use="example", sha256=real.sha256, by=engineer, at=real.at, seq=3)
    forged.save()
    with pytest.raises(NotFound):
        select.get(engineer, forged.pk)
    assert [one.row.pk for one in select.of_project(engineer, site.story.project)] == [real.pk]
    CandidateWithdrawn(candidate=real, by=engineer, at=real.at, seq=4).save()
    assert marked(site, real).open
    found = {str(problem) for check in verify().checks for problem in check.problems}
    assert any("candidate" in problem for problem in found)

    path = store.path_of(real.sha256)
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().replace(b"term 0", b"term 9"))
    assert marked(site, real).fault == "its words were altered: they have another digest"
    with pytest.raises(Invalid, match="altered"):
        service.draft_cases(
            actor=engineer, candidates=[marked(site, real)], evaluation_set=site.story["development set"]
        )
    assert api(site, "engineer").get(f"/api/v1/candidates/file?project={slug}&use=case").status_code == 409
    with pytest.raises(Exception, match="insert-only"):
        tampering.run("UPDATE governance_candidate SET use = 'example'")


def test_of_many_at_once_one_marks(site, development: Document) -> None:
    start, said = Barrier(4), []

    def run(who: str) -> None:
        start.wait()
        try:
            mark(site, development, who=who)
            said.append("marked")
        except Conflict:
            said.append("conflict")
        finally:
            connection.close()

    threads = [Thread(target=run, args=(who,)) for who in ("engineer", "expert", "officer", "owner")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["conflict", "conflict", "conflict", "marked"]
    assert Candidate.objects.count() == 1


def test_the_pages_mark_draft_and_withdraw(site, development: Document) -> None:
    browser, slug = page(site, "engineer"), site.story.project.slug
    url = reverse("failure-mark", args=[development.digest]) + f"?case={WRONG}"
    assert url in browser.get(reverse("failures", args=[development.digest])).content.decode()
    form = browser.get(url).content.decode()
    assert "term 0" in form
    assert "failed before" in form
    assert "failure-" in browser.get(url + "&use=example").content.decode()
    assert browser.get(url + "x").status_code == 404
    asked = changed(site, development, target='{"chapter":"skin"}')
    assert browser.post(url, {"use": "case", "content": "{"}).status_code == 400
    assert browser.post(url, {"use": "case", "content": "[]"}).status_code == 400
    assert browser.post(url, {"use": "case", "content": json.dumps(asked), "note": "<b>Why</b>"}).status_code == 302
    assert browser.post(url, {"use": "case", "content": json.dumps(asked)}).status_code == 409
    row = json.dumps({"id": "r", "messages": asked["messages"], "target": "x"})
    assert browser.post(url, {"use": "example", "content": row}).status_code == 302
    here = reverse("candidates", args=[slug])
    words = browser.get(here).content.decode()
    assert "&lt;b&gt;Why&lt;/b&gt;" in words
    assert (
        "marked as a training example and a case for the next version of a set"
        in browser.get(reverse("failures", args=[development.digest])).content.decode()
    )
    example, case = Candidate.objects.order_by("-seq")
    assert browser.post(here, {"act": "withdraw", "candidate": str(example.pk)}).status_code == 302
    current = site.story["development set"]
    wanted = {"act": "draft", "evaluation_set": current.digest, "slice_name": "known failures"}
    assert browser.post(here, wanted).status_code == 400
    made = browser.post(here, wanted | {"candidate": [str(case.pk)]})
    draft = Draft.objects.get(frozen=None)
    assert made["Location"] == reverse("draft", args=[draft.pk])
    assert draft.body["cases"] == 300
    assert browser.post(here, wanted | {"candidate": ["nonsense"]}).status_code == 404
    assert papers.evaluation_set({})["title"] not in browser.get(here).content.decode(), "no holdout is offered"
    browser.force_login(site.story.people["dataowner"], backend="django.contrib.auth.backends.ModelBackend")
    assert "drafted" in browser.get(here).content.decode()


def test_the_api_marks_lists_drafts_and_withdraws(site, development: Document) -> None:
    client, slug = api(site, "engineer"), site.story.project.slug
    address = f"/api/v1/results/{development.digest}/candidates"
    made = client.post(address, {"case": WRONG, "use": "case", "note": "why"}, format="json")
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["case"], told["use"], told["withdrawn"], told["content"]["id"]) == (WRONG, "case", False, WRONG)
    assert client.post(address, {"case": WRONG, "use": "case"}, format="json").status_code == 409
    assert client.post(address, {"case": WRONG, "use": "else"}, format="json").status_code == 400
    listed = client.get(f"/api/v1/candidates?project={slug}").json()
    assert [one["id"] for one in listed["results"]] == [told["id"]]
    asked = {"evaluation_set": site.story["development set"].digest, "candidates": [told["id"]]}
    drafted = client.post("/api/v1/candidates/draft", asked, format="json")
    assert drafted.status_code == 201, drafted.content
    assert client.get(f"/api/v1/candidates?project={slug}").json()["results"][0]["drafts"] == [drafted.json()["id"]]
    assert client.post(f"/api/v1/candidates/{told['id']}/withdraw").status_code == 409
    other = client.post(address, {"case": MISSING, "use": "example"}, format="json").json()
    assert client.post(f"/api/v1/candidates/{other['id']}/withdraw").json()["withdrawn"] is True
    assert client.post(f"/api/v1/candidates/{development.digest[7:43]}/withdraw").status_code in (400, 404)
