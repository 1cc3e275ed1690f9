"""People's grades in the verdict: what waits for them, what they decide, and what does not get round them."""

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from evals import documents as evals
from evals.engine.results import EvaluationResultBody, JudgementBody
from evals.reports import judgement
from evals.selectors import arms, deciding, spent
from evals.selectors import grading as rounds
from evals.selectors import judgements as select
from evals.services import grading, judgements, judging, logs
from governance import events, store
from governance.errors import Conflict, Denied, Invalid, Refused
from governance.gates import Answer
from governance.models import Document, GradingClosed, LedgerEvent, LedgerSubject, Reference, SignoffRequest
from governance.proof.sections.blocks import FactsTable
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors.verification import verify
from governance.services import signoff
from governance.services.documents import freeze
from governance.services.ledger import mutation
from tests.evals import judged
from tests.support import papers
from tests.support.governed import Site, Step, on_paper
from training.services import releases

CASES = 24
KIND = papers.threshold("kind", "met:kind", "all", "0.5")
AGREED = papers.threshold("agreed", "agreement:kind", "all", "0.4")


def rubric() -> dict[str, Any]:
    body = papers.rubric()
    return body | {"criteria": [*body["criteria"], judged.criterion("human", "kind", graders=2)]}


def kind(place: int) -> int:
    """People call five of six answers kind."""
    return int(place % 6 > 0)


def wait(site: Site) -> None:
    """A tuned model measured under a plan that rests on people: "result" waits for them."""
    judged.few(site, CASES)
    judged.plan(site, rubric(), [KIND, AGREED], "human", "few")
    judged.measured(site, "human base", "base", None, lambda n: papers.LABELS[0], plan="human", of="few",
                    subject="base")  # fmt: skip
    with on_paper():
        site.story.train()
    judged.measured(site, "result", "tuned", None, lambda n: papers.LABELS[n % 5], plan="human", of="few",
                    subject="record", baseline="human base")  # fmt: skip


def wait_and_grade(site: Site) -> None:
    """The same once people have graded it and closed their round."""
    wait(site)
    graded(site)


GRADED = pytest.mark.parametrize("already", [wait_and_grade], ids=["graded"])


@pytest.fixture
def already() -> Step:
    return wait


@pytest.fixture
def waiting(site: Site) -> Site:
    return site


def graded(site: Site, cases: int | None = None, by: Any = kind, other: Any = None) -> Document:
    """Have two people grade the result's outputs, and close the round; the third decides where they disagree."""
    story = site.story
    row = grading.round_open(
        actor=story.people["officer"], project=story.project, title="Kind?", results=[story["result"]], cases=cases
    )
    found = rounds.get(story.people["owner"], row.pk)
    for place, name in enumerate(sorted(found.states)):
        first, second = by(place), (other or by)(place)
        give(site, found, name, "officer", first)
        give(site, found, name, "expert", second)
        if first != second:
            give(site, found, name, "owner", first)
    return grading.round_close(actor=story.people["owner"], grading_round=rounds.get(story.people["owner"], row.pk))


def graded_more(site: Site, by: Any = kind) -> Document:
    """Have a further round closed, on a few of the cases."""
    return graded(site, 4, by)


def give(site: Site, found: rounds.Round, name: str, who: str, score: int) -> None:
    actor = site.story.people[who]
    grading.grade_give(actor=actor, grading_round=found, item=name, scores={"kind": score}, number=0)


def judge(site: Site) -> JudgementBody:
    made = judgements.judge_again(actor=site.story.people["officer"], result=site.story["result"])
    body: JudgementBody = docs.model_body(made, JudgementBody)
    return body


def blocked(site: Site) -> set[str]:
    with on_paper(), pytest.raises(Refused) as refused:
        releases.propose(actor=site.engineer, result=site.story["result"], title="Out", note="For the desk.")
    return {finding.check for finding in refused.value.findings}


def blocked_or_open(site: Site) -> set[str]:
    with on_paper():
        verdict = releases.gate(result=site.story["result"], user=site.engineer)
    return {finding.check for finding in verdict.findings}


def test_a_result_waits_for_people_and_their_grades_decide(waiting: Site) -> None:
    result = waiting.story["result"]
    body: EvaluationResultBody = docs.model_body(result, EvaluationResultBody)
    assert body.verdict == "INCONCLUSIVE"
    assert {line.threshold: line.waits_for for line in body.verdicts} == {"kind": "people", "agreed": "people"}
    assert "24 of 24 answers are not graded" in body.verdicts[0].reason
    assert select.standing(result).words == "waiting for people: kind, agreed"
    assert blocked(waiting) == {"people", "verdict"}
    with pytest.raises(Refused, match="nobody has graded"):
        judge(waiting)
    graded(waiting)
    assert blocked(waiting) == {"people", "verdict"}, "grades alone decide nothing"
    found = judge(waiting)
    lines = {line.threshold: line for line in found.verdicts}
    assert (found.verdict, lines["kind"].value, lines["kind"].n) == ("PASS", "0.833333", CASES)
    assert (lines["agreed"].value, lines["agreed"].n, lines["agreed"].verdict) == ("1.000000", CASES, "PASS")
    assert "Krippendorff" in lines["agreed"].method
    with pytest.raises(Refused, match="very grades"):
        judge(waiting)
    with on_paper():
        release = releases.propose(actor=waiting.engineer, result=result, title="Out", note="For the desk.")
    assert docs.linked_one(release, "judgement") == select.newest(result)
    assert [str(problem) for check in verify().checks for problem in check.problems] == []


@GRADED
def test_verdicts_of_several_arms_are_read_at_once(waiting: Site) -> None:
    """Each arm that waited for people was asked for alone."""
    story = waiting.story
    before = ledger.size()

    def beside(size: int | None = None) -> list[tuple[str, str | None]]:
        return [(arm.spec.note, arm.verdict) for arm in arms.of_plan(story["human thresholds"], size).all]

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            beside()
        return len(queries)

    judge(waiting)
    found = dict(beside())
    assert found["result"] == "PASS"
    assert dict(beside(before))["result"] == "INCONCLUSIVE"
    once = asked()
    for number in range(2):
        judged.measured(
            waiting, f"more {number}", "tuned", None, lambda n: papers.LABELS[n % 5],
            plan="human", of="few", subject="record", baseline="human base",
        )  # fmt: skip
    assert asked() == once
    assert len(beside()) == len(found) + 2
    results = [arm.result for arm in arms.of_plan(story["human thresholds"]).all]
    assert select.verdicts(results) == {result.digest: select.standing(result).verdict for result in results}


def test_what_is_not_graded_is_not_covered(waiting: Site) -> None:
    graded(waiting, cases=20)
    found = judge(waiting)
    assert found.verdict == "INCONCLUSIVE"
    assert {line.waits_for for line in found.verdicts} == {"people"}
    assert "4 of 24 answers are not graded" in found.verdicts[0].reason
    assert blocked(waiting) == {"people", "verdict"}


def test_before_it_is_signed_the_plan_says_who_grades(waiting: Site) -> None:
    told = {one.threshold.id: one.words for one in deciding.foretold(waiting.story["human thresholds"])}
    assert all("waits for them" in words for words in told.values())
    judged.plan(waiting, judged.rubric(), [papers.threshold("helpful", "met:helpful", "all", "0.5")])
    [one] = deciding.foretold(waiting.story["judged thresholds"])
    assert "signed calibration" in one.words


def test_an_abandoned_round_counts_for_nothing_and_is_shown(waiting: Site) -> None:
    story, result = waiting.story, waiting.story["result"]
    row = grading.round_open(actor=story.people["officer"], project=story.project, title="Left", results=[result])
    found = rounds.get(story.people["owner"], row.pk)
    give(waiting, found, min(found.states), "officer", 0)
    grading.round_abandon(actor=story.people["officer"], grading_round=found, reason="The wrong scale was asked.")
    assert select.grades(result) == []
    with pytest.raises(Refused, match="nobody has graded"):
        judge(waiting)
    browser = Client()
    browser.force_login(story.people["officer"], backend="django.contrib.auth.backends.ModelBackend")
    assert "The wrong scale was asked." in browser.get(reverse("judge-again", args=[result.digest])).content.decode()


@GRADED
def test_a_log_for_other_tools_has_the_verdict_that_counts(waiting: Site) -> None:
    judge(waiting)
    _, chunks = logs.inspect_log(actor=waiting.story.people["officer"], result=waiting.story["result"])
    with zipfile.ZipFile(io.BytesIO(b"".join(chunks))) as log:
        assert json.loads(log.read("header.json"))["eval"]["metadata"]["verdict"] == "PASS"


def test_people_who_do_not_agree_show_nothing(waiting: Site) -> None:
    graded(waiting, other=lambda place: int(place % 2))
    lines = {line.threshold: line for line in judge(waiting).verdicts}
    assert lines["kind"].verdict == "PASS", "the third person decided each disagreement"
    assert lines["agreed"].verdict != "PASS"
    assert float(lines["agreed"].value or 1) < 0.4


@pytest.mark.attack(
    name="rest a release on the one grading round that pleases, or on a judgement from before a worse one closed",
    caught_by="every closed round about the result counts, and the gate refuses while one is not judged with",
    unless="a round that displeases is abandoned before it is closed: its grades and the reason stay on the ledger",
)
@GRADED
def test_nobody_chooses_among_rounds(waiting: Site) -> None:
    assert judge(waiting).verdict == "PASS"
    before = spent.spent(waiting.story["human thresholds"])
    graded(waiting, by=lambda place: 0)
    assert blocked(waiting) == {"people"}
    found = judge(waiting)
    assert {line.threshold: line.verdict for line in found.verdicts}["kind"] == "FAIL", "both rounds count together"
    assert blocked(waiting) == {"verdict"}
    after = spent.spent(waiting.story["human thresholds"])
    assert before is not None
    assert after is not None
    assert after.disclosed == before.disclosed + 1, "a further judgement is a further verdict on the holdout"


@pytest.mark.attack(
    name="have a result judged with one round after the other until it pleases",
    caught_by="each judgement after the first is one more verdict: the holdout must bear it, or it is refused",
    unless="rounds are closed and read, and judged once: nobody is charged for the figures of people's grades alone",
)
def test_nobody_judges_until_it_pleases(waiting: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    graded(waiting, by=lambda place: int(place % 2))
    thresholds, result = waiting.story["human thresholds"], waiting.story["result"]
    before = spent.spent(thresholds)
    assert before is not None
    monkeypatch.setattr(spent, "BUDGETS", dict.fromkeys(spent.BUDGETS, before.account.spent + before.account.next))
    assert judge(waiting).verdict == "INCONCLUSIVE", "the first completes the verdict, and is paid for"
    graded_more(waiting, by=lambda place: 1)
    assert spent.again(result).passed
    judge(waiting)  # one more is paid from what was left
    graded_more(waiting, by=lambda place: 1)
    assert not spent.again(result).passed
    officer = waiting.story.people["officer"]
    with pytest.raises(Refused, match="and 0 more fit in") as refused:
        judge(waiting)
    assert [finding.check for finding in refused.value.findings] == ["holdout_left"]
    assert LedgerEvent.objects.latest("entry_id").event.startswith("refusal:")
    assert len(select.all_of(result)) == 2
    assert blocked(waiting) >= {"people"}, "what cannot be judged any more is not released"
    browser = Client()
    browser.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(reverse("judge-again", args=[result.digest])).content.decode()
    assert "cannot bear one more verdict" in page
    assert '<button class="btn btn-primary"' not in page
    api = APIClient()
    api.force_authenticate(officer)
    told = api.get(f"/api/v1/results/{result.digest}/judgements").json()
    assert (told["affordable"], told["made"]) == (False, [one.digest for one in select.all_of(result)])


@GRADED
def test_what_is_left_of_the_holdout_is_asked_under_the_lock(waiting: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else may spend it while this is being reckoned."""
    judge(waiting)
    graded_more(waiting)
    honest, asked = spent.again, []

    def spends(result: Document, ledger_size: int | None = None) -> Answer:
        asked.append(ledger_size)
        found = honest(result, ledger_size)
        return found if ledger_size is None else Answer(False, "all spent", found.expected, "Collect cases.", "officer")

    monkeypatch.setattr(spent, "again", spends)
    with pytest.raises(Refused, match="all spent"):
        judge(waiting)
    assert asked[0] is None
    assert len(select.all_of(waiting.story["result"])) == 1


@pytest.mark.attack(
    name="leave a grading round open that displeases, and have the result judged without it",
    caught_by="a result is neither judged nor released while a round about it is open; one that is abandoned says why",
    unless="grades are known before they are given: nobody is told what others gave while a round is open",
)
@GRADED
def test_an_open_round_holds_the_judgement_back(waiting: Site) -> None:
    story, result = waiting.story, waiting.story["result"]
    assert judge(waiting).verdict == "PASS"
    assert blocked_or_open(waiting) == set()
    row = grading.round_open(actor=story.people["officer"], project=story.project, title="Again", results=[result])
    found = rounds.get(story.people["owner"], row.pk)
    give(waiting, found, min(found.states), "officer", 0)
    assert blocked_or_open(waiting) == {"people"}
    graded_more(waiting)
    with pytest.raises(Refused, match=f"open grading rounds: {row.pk}"):
        judge(waiting)
    browser, api = Client(), APIClient()
    browser.force_login(story.people["officer"], backend="django.contrib.auth.backends.ModelBackend")
    api.force_authenticate(story.people["officer"])
    page = browser.get(reverse("judge-again", args=[result.digest])).content.decode()
    assert "Open rounds" in page
    assert '<button class="btn btn-primary"' not in page
    assert "1 grading round about it is open" in browser.get(reverse("document", args=[result.digest])).content.decode()
    assert api.get(f"/api/v1/results/{result.digest}/judgements").json()["open"] == [str(row.pk)]
    GradingClosed(
        round=row, document=select.grades(result)[0], by=story.people["owner"], at=row.at, seq=row.seq
    ).save()  # an end that no leaf tells of
    assert [one.row.pk for one in select.standing(result).open] == [row.pk]
    grading.round_abandon(actor=story.people["officer"], grading_round=rounds.get(story.people["owner"], row.pk),
                          reason="Opened by mistake.")  # fmt: skip
    made = judgements.judge_again(actor=story.people["officer"], result=result)
    facts = judgement(made, docs.envelope(made).body)[0]
    assert isinstance(facts, FactsTable)
    told = {fact.label: fact.value for fact in facts.rows}
    assert told["Rounds abandoned"] == str(row.pk)
    assert str(told["Judgement"]).startswith("2 of 2")


@GRADED
def test_a_round_about_the_baseline_holds_it_back_too(waiting: Site) -> None:
    story = waiting.story
    grading.round_open(
        actor=story.people["officer"], project=story.project, title="Base", results=[story["human base"]]
    )
    with pytest.raises(Refused, match="open grading rounds"):
        judge(waiting)


@pytest.mark.attack(
    name="forge people's grades, or a judgement with them",
    caught_by="grades count as those of a round the ledger tells ended so; a judgement only with its leaf",
    unless="the ledger itself is rewritten, which checkpoints tell",
)
def test_forged_grades_and_judgements_count_for_nothing(waiting: Site) -> None:
    story, result = waiting.story, waiting.story["result"]
    grades = graded(waiting, by=lambda place: int(place % 2))
    owner = story.people["owner"]
    envelope = docs.envelope(grades)
    with mutation(actor=owner, action="grading.open", project=story.project) as m:
        forged = freeze(
            m, kind=KINDS[evals.HUMAN_GRADES], body=envelope.body | {"title": "Forged"}, by=owner,
            references=[{"role": r.role, "digest": r.digest} for r in envelope.references], contributors=[],
        )  # fmt: skip
    assert select.grades(result) == [grades]
    honest = judge(waiting)
    assert honest.verdict == "INCONCLUSIVE"
    lines = [line.model_dump(mode="json") | {"verdict": "PASS", "waits_for": None} for line in honest.verdicts]
    with mutation(actor=owner, action="result.judge", project=story.project) as m:
        pleasing = freeze(
            m, kind=KINDS[evals.JUDGEMENT], body={"verdict": "PASS", "verdicts": lines, "report_only": {}}, by=owner,
            references=[{"role": "result", "digest": result.digest}, {"role": "human_grades", "digest": forged.digest}],
            contributors=[],
        )  # fmt: skip
    assert select.newest(result) != pleasing
    assert select.standing(result).verdict == "INCONCLUSIVE"
    assert "verdict" in blocked(waiting)


@pytest.mark.attack(
    name="the outputs are altered in the store, grades and all, between people's grades and the judgement by them",
    caught_by="every file that judging reads is hashed anew each time, also when a result is judged again",
    unless="SHA-256 is broken",
)
@GRADED
def test_outputs_altered_after_people_graded_them_are_not_judged(waiting: Site) -> None:
    body: EvaluationResultBody = docs.model_body(waiting.story["result"], EvaluationResultBody)
    path = store.path_of(body.outputs.sha256)
    path.chmod(0o600)
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"seconds":"0', b'"seconds":"1', 1))  # nothing that a grade would tell
    assert path.read_bytes() != before
    with pytest.raises(Invalid, match="not what was delivered"):
        judge(waiting)
    assert select.newest(waiting.story["result"]) is None


def proposed(site: Site) -> None:
    """Put the graded result forward, judged with people's grades, and ask for the release's signatures."""
    assert judge(site).verdict == "PASS"
    with on_paper():
        out = releases.propose(actor=site.engineer, result=site.story["result"], title="Out", note="For the desk.")
        signoff.request_open(actor=site.engineer, documents=[out])


def signed(site: Site) -> None:
    """Sign the release whose signatures were asked for last."""
    request = SignoffRequest.objects.latest("seq")
    with on_paper():
        site.story._put("officer", request)


@GRADED
@pytest.mark.attack(
    name="a release is put forward on a judgement that pleases, and signed after people judged the outputs worse",
    caught_by="the release gate is asked again under the ledger's lock whenever somebody signs the release",
    unless="the round with the other grades is closed only after the last signature",
)
def test_a_release_is_not_signed_once_people_judged_worse(waiting: Site) -> None:
    proposed(waiting)
    graded(waiting, by=lambda place: 0)
    with pytest.raises(Refused) as before:
        signed(waiting)
    assert "people" in {finding.check for finding in before.value.findings}, "grades that no judgement has seen"
    judge(waiting)
    with pytest.raises(Refused) as after:
        signed(waiting)
    assert {finding.check for finding in after.value.findings} >= {"judgement"}


@GRADED
@pytest.mark.attack(
    name="a release is signed although an answer of its run was called critical after it was put forward",
    caught_by="the release gate is asked again under the ledger's lock whenever somebody signs the release",
    unless="the answer is graded only after the last signature",
)
def test_a_critical_answer_holds_a_release_back_until_it_is_signed(waiting: Site, monkeypatch) -> None:
    proposed(waiting)
    found: list[str] = []
    monkeypatch.setattr(
        "evals.selectors.sessions.critical", lambda subject: found if subject == waiting.story["record"] else []
    )
    found.append("Does it leak?, exchange 1")
    with pytest.raises(Refused) as refused:
        signed(waiting)
    assert {finding.check for finding in refused.value.findings} == {"red_team"}
    assert blocked(waiting) == {"red_team"}, "nor is another one put forward"
    found.clear()
    signed(waiting)


@GRADED
def test_who_may_judge_and_what(waiting: Site) -> None:
    with pytest.raises(Denied):
        judgements.judge_again(actor=waiting.engineer, result=waiting.story["result"])
    officer = waiting.story.people["officer"]
    with pytest.raises(Invalid, match="not judged under a permit"):
        judgements.judge_again(actor=officer, result=waiting.story["human base"])
    with pytest.raises(Invalid, match="expected an evaluation result"):
        judgements.judge_again(actor=officer, result=waiting.story["rubric"])


@pytest.mark.attack(
    name="have a result judged with people's grades that nobody measured under a permit",
    caught_by="whether the ledger tells of the job that made it is asked before anything is judged",
    unless="the ledger itself is rewritten, which checkpoints tell",
)
@GRADED
def test_a_result_that_was_written_by_hand_is_not_judged(waiting: Site) -> None:
    story, result = waiting.story, waiting.story["result"]
    envelope, owner = docs.envelope(result), story.people["owner"]
    with mutation(actor=owner, action="result.judge", project=story.project) as m:
        forged = freeze(
            m, kind=KINDS[evals.RESULT], body=envelope.body | {"seconds": "1.000000"}, by=owner, contributors=[],
            references=[{"role": r.role, "digest": r.digest} for r in envelope.references],
        )  # fmt: skip
    assert docs.model_body(forged, EvaluationResultBody).verdict is not None
    with pytest.raises(Invalid, match="not judged under a permit"):
        judgements.judge_again(actor=story.people["officer"], result=forged)


@GRADED
@pytest.mark.parametrize("meanwhile", ["a round was closed", "it was judged"])
def test_what_came_while_it_was_reckoned_is_no_part_of_the_judgement(
    waiting: Site, meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, result = judging.judge, waiting.story["result"]

    def slowly(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(judging, "judge", honest)
        if meanwhile == "it was judged":
            judge(waiting)
        else:
            graded_more(waiting)
        return honest(*given, **named)

    monkeypatch.setattr(judging, "judge", slowly)
    with pytest.raises(Conflict, match="grades or a judgement that came meanwhile"):
        judge(waiting)
    assert len(select.all_of(result)) == (meanwhile == "it was judged")


@GRADED
def test_what_another_stage_waits_for_holds_no_release_back(waiting: Site) -> None:
    judge(waiting)
    found = select.standing(waiting.story["result"])
    waits = found.verdicts[0].model_copy(update={"verdict": "INCONCLUSIVE", "waits_for": "people"})
    for stage, passed in (("release", False), ("pilot", True), ("production", True)):
        line = waits.model_copy(update={"stage": stage})
        assert select.answer(replace(found, verdicts=[line], waits=(line.threshold,))).passed is passed


@pytest.mark.attack(
    name="pass off a judgement of another result, or grades of another's outputs, by rows of the index",
    caught_by="a judgement counts by the result that its leaf names, grades by the results that their own bytes name",
    unless="the ledger itself is rewritten, which checkpoints tell",
)
def test_index_rows_that_point_elsewhere_tell_nothing(waiting: Site) -> None:
    story, result = waiting.story, waiting.story["result"]
    stranger = judged.measured(waiting, "stranger", "tuned", None, lambda n: papers.LABELS[n % 5], plan="human",
                               of="few", subject="record", baseline="human base")  # fmt: skip
    row = grading.round_open(
        actor=story.people["officer"], project=story.project, title="Other", results=[stranger], cases=4
    )
    found = rounds.get(story.people["owner"], row.pk)
    for name in sorted(found.states):
        for who in ("officer", "expert"):
            give(waiting, found, name, who, 1)
    theirs = grading.round_close(actor=story.people["owner"], grading_round=rounds.get(story.people["owner"], row.pk))
    made = judgements.judge_again(actor=story.people["officer"], result=stranger)
    told = LedgerSubject.objects.filter(subject=made.digest, entry__index__event=events.JUDGED)
    [entry] = told.values_list("entry_id", flat=True)
    LedgerSubject(entry_id=entry, subject=result.digest).save()
    Reference(source=theirs, target=result, role="result").save()
    assert select.all_of(stranger) == [made]
    assert select.all_of(result) == []
    assert select.grades(result) == []
    assert select.standing(result).waits


def test_by_page_and_api(waiting: Site) -> None:
    story, result = waiting.story, waiting.story["result"]
    browser, api = Client(), APIClient()
    browser.force_login(story.people["officer"], backend="django.contrib.auth.backends.ModelBackend")
    api.force_authenticate(story.people["officer"])
    address, answers = reverse("judge-again", args=[result.digest]), f"/api/v1/results/{result.digest}/judgements"
    assert "Waiting for people" in browser.get(reverse("document", args=[result.digest])).content.decode()
    assert browser.post(address).status_code == 409
    assert api.post(answers).status_code == 409
    graded(waiting)
    assert "not judged with yet" in browser.get(address).content.decode()
    assert api.get(answers).json()["waits"] == ["kind", "agreed"]
    made = browser.post(address)
    assert made.status_code == 302, made.content
    assert "Against the signed thresholds" in browser.get(made["Location"]).content.decode()
    told = api.get(answers).json()
    assert (told["verdict"], told["waits"], told["newer"]) == ("PASS", [], [])
    assert "Judged again" in browser.get(reverse("document", args=[result.digest])).content.decode()
    graded_more(waiting, by=lambda place: 1)
    assert api.post(answers).status_code == 201
