"""A judge held against people, signed, and rested on: from grading to a verdict, and what does not get through."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from evals import documents as evals
from evals import reports
from evals.engine.calibrations import JudgeCalibrationBody
from evals.engine.results import EvaluationResultBody
from evals.selectors import calibrations as select
from evals.selectors import grading as rounds
from evals.selectors import spent
from evals.services import calibrations, grading, judging
from governance import store
from governance.errors import Conflict, Denied, Invalid, Refused
from governance.models import Document
from governance.proof.formats.canonical import dumps
from governance.registry import KINDS
from governance.reports.gathered import gather
from governance.selectors import apart, ledger
from governance.selectors import documents as docs
from governance.services import documents, jobs
from governance.services.documents import freeze
from governance.services.ledger import mutation
from tests.evals import judged, test_arms
from tests.governance.reports.lies import Told
from tests.governance.reports.reread import Reread, left_out_of_dossier, warnings_left_out
from tests.support import papers
from tests.support.governed import Site, Step, on_paper

MET = papers.threshold("helpful", "met:helpful", "all", "0.55", n_min=20)
LABELS = papers.LABELS


def answers(place: int) -> str:
    return LABELS[place % 5]


def says(prompt: str) -> str:
    """The judge likes the first three of the labels that are answered, and babbles about the fourth."""
    liked = [label for label in LABELS[:3] if f'"{label}"' in prompt]
    return "1" if liked else "hm" if f'"{LABELS[3]}"' in prompt else "0"


def good(output: str) -> int:
    """People like the first four."""
    return int(not any(f'"{label}"' in output for label in LABELS[4:]))


def graded(site: Site, results: list[Document], cases: int = 60, by: Any = good) -> Document:
    """Have two people grade what the judge grades, and close the round."""
    story = site.story
    row = grading.round_open(
        actor=story.people["officer"], project=story.project, title="Helpful?", results=results, cases=cases,
        criteria=["helpful"],
    )  # fmt: skip
    found = rounds.get(story.people["owner"], row.pk)
    for name, state in sorted(found.states.items()):
        text = rounds.texts(found.documents[state.item.result])[state.item.case, state.item.repeat]
        for who in ("officer", "expert"):
            grading.grade_give(
                actor=story.people[who], grading_round=found, item=name, scores={"helpful": by(text)}, number=0
            )
    return grading.round_close(actor=story.people["owner"], grading_round=rounds.get(story.people["owner"], row.pk))


def measure(site: Site) -> None:
    """A judged plan, its measured baseline, and a run to evaluate."""
    judged.plan(site, judged.rubric(), [MET])
    judged.measured(site, "judged base", "base", says, answers, subject="base")
    with on_paper():
        site.story.train()


def calibrated(site: Site, name: str = "calibration", **more: Any) -> Document:
    grades = graded(site, [site.story["judged base"]], **more)
    site.story.made[f"{name} grades"] = grades
    site.story.made[name] = calibrations.calibrate(actor=site.story.people["owner"], grades=grades, judge="j")
    return site.story[name]


def calibrate_few(site: Site) -> None:
    """The same, and a calibration on the answers to 20 cases, which nobody has signed."""
    measure(site)
    calibrated(site, cases=20)


def calibrate_all(site: Site) -> None:
    """The same on the answers to 60 cases, signed."""
    measure(site)
    calibrated(site)
    site.story.sign("calibration", requester="owner", signers=("officer",))


UNCALIBRATED = pytest.mark.parametrize("already", [measure], ids=["uncalibrated"])
SIGNED = pytest.mark.parametrize("already", [calibrate_all], ids=["signed"])


@pytest.fixture
def already() -> Step:
    return calibrate_few


@pytest.fixture
def measured(site: Site) -> Site:
    return site


def evaluated(site: Site, name: str = "judged tuned", **links: str) -> EvaluationResultBody:
    made = judged.measured(site, name, "tuned", says, answers, subject="record", baseline="judged base", **links)
    body: EvaluationResultBody = docs.model_body(made, EvaluationResultBody)
    return body


@SIGNED
def test_from_grades_to_a_verdict_that_rests_on_a_corrected_judge(measured: Site) -> None:
    made = measured.story["calibration"]
    body: JudgeCalibrationBody = docs.model_body(made, JudgeCalibrationBody)
    figure = body.criteria["helpful"]
    assert (made.kind, body.judge, body.answers) == (evals.CALIBRATION, "j", 60)
    assert (figure.good + figure.bad, figure.found_bad) == (60, figure.bad), "it calls nothing good that people do not"
    assert figure.sensitivity.value == f"{figure.found_good / figure.good:.6f}"
    assert figure.unparsed == figure.good - figure.found_good > 0
    assert [one.arm for one in figure.corrected] == ["base"]
    assert float(figure.corrected[0].called_good) == pytest.approx(0.6)
    assert float(figure.corrected[0].value) == pytest.approx(0.6 * figure.good / figure.found_good, abs=1e-5)
    alone = evaluated(measured, "without").verdicts[0]
    assert (alone.verdict, alone.value) == ("INCONCLUSIVE", None)
    found = evaluated(measured, calibration="calibration")
    assert (found.verdict, found.report_only) == ("PASS", {})
    line = found.verdicts[0]
    assert line.value == figure.corrected[0].value, "the same share, corrected the same way"
    assert "the judge called 60.0% good" in line.reason
    assert docs.linked_one(measured.story["judged tuned"], "calibration") == made


def specification(site: Site, name: str, **links: str) -> Document:
    asked = {"arm": "tuned", "attempt_index": 1, "note": name}
    plan = judged.named() | {"subject": "record", "baseline": "judged base"}
    return site.story.submit("engineer", name, evals.SPEC, asked, **(plan | links))


def refused(site: Site, made: Document, settings: Any) -> dict[str, str]:
    settings.COUNTERSIGN_ENDPOINTS = [judged.ADDRESS]
    with on_paper(), pytest.raises(Refused) as found:
        jobs.launch(actor=site.engineer, spec=made)
    return {finding.check: finding.found for finding in found.value.findings}


@pytest.mark.attack(
    name="rest an evaluation on a calibration of another rubric, an unsigned one, or one that was revoked",
    caught_by="the gate asks for calibrations in force of the very rubric and judge, and the verdict asks again",
    unless="it is signed all the same by those whom the policy names",
)
def test_a_calibration_that_may_not_be_rested_on(measured: Site, settings: Any) -> None:
    early = specification(measured, "early", calibration="calibration")
    assert "not submitted for signature" in refused(measured, early, settings)["calibrations"]
    measured.story.sign("calibration", requester="owner", signers=("officer",))
    settings.COUNTERSIGN_ENDPOINTS = [judged.ADDRESS]
    with on_paper():
        assert jobs.launch(actor=measured.engineer, spec=early).pk
    strict = judged.HTTP | {"prompt": "Be strict. Helpful? {answer}"}
    judged.plan(measured, judged.rubric(strict), [MET], "stricter")
    other = specification(
        measured, "other", **judged.named("stricter"), calibration="calibration", baseline="judged base"
    )
    assert "of another rubric" in refused(measured, other, settings)["calibrations"]
    assert select.of_spec(other).figures == {}
    measured.revoke("calibration")
    assert "revoked" in select.of_spec(early).why["helpful"]
    again = specification(measured, "again", calibration="calibration")
    assert "revoked" in refused(measured, again, settings)["calibrations"]


@pytest.mark.attack(
    name="revoke a calibration, or have one run out, between launch and verdict, and keep the verdict",
    caught_by="what a judge is worth is asked when the verdict is made",
    unless="the verdict was made before: then the release gate sees what was revoked below it",
)
@SIGNED
def test_a_calibration_revoked_after_the_launch_decides_nothing(measured: Site) -> None:
    spec = specification(measured, "on the way", calibration="calibration")
    outputs = judged.measured(measured, "like it", "tuned", says, answers, subject="record", baseline="judged base")
    digest = docs.model_body(outputs, EvaluationResultBody).outputs.sha256
    assert judging.judge(spec, digest).verdict == "PASS"
    measured.revoke("calibration")
    after = judging.judge(spec, digest)
    assert after.verdict == "INCONCLUSIVE"
    assert "revoked" in after.report_only["helpful"]


@pytest.mark.attack(
    name="write a calibration, or the grades it is to rest on, by hand",
    caught_by="only the service makes either kind, and grades count as those of a round that the ledger tells ended so",
    unless="the ledger itself is rewritten, which checkpoints tell",
)
def test_nobody_writes_a_calibration_or_grades_by_hand(measured: Site) -> None:
    story, made = measured.story, measured.story["calibration"]
    with pytest.raises(Denied):
        documents.document_submit(
            actor=story.people["owner"], project=story.project, kind=evals.CALIBRATION,
            body=docs.envelope(made).body,
            references=[{"role": link.role, "digest": link.digest} for link in docs.envelope(made).references],
        )  # fmt: skip
    grades = story["calibration grades"]
    with mutation(actor=story.people["owner"], action="grading.open", project=story.project) as m:
        forged = freeze(
            m, kind=KINDS[evals.HUMAN_GRADES], body=docs.envelope(grades).body | {"title": "Forged"},
            references=[{"role": r.role, "digest": r.digest} for r in docs.envelope(grades).references],
            contributors=[story.people["owner"].actor], by=story.people["owner"],
        )  # fmt: skip
    with pytest.raises(Invalid, match="no round that closed"):
        calibrations.calibrate(actor=story.people["owner"], grades=forged, judge="j")


def left_open(site: Site, result: str = "judged base") -> rounds.Round:
    story = site.story
    row = grading.round_open(
        actor=story.people["officer"], project=story.project, title="Again?", results=[story[result]], cases=5,
        criteria=["helpful"],
    )  # fmt: skip
    return rounds.get(story.people["owner"], row.pk)


@pytest.mark.attack(
    name="calibrate a judge by the one grading round that pleases, or before one that does not is closed",
    caught_by="every closed round about what the judge grades counts; one that came since keeps the calibration back",
    unless="the rubric is frozen and signed anew: rounds are about one rubric, and grading begins afresh",
)
def test_nobody_chooses_among_rounds(measured: Site) -> None:
    story = measured.story
    pleasing = story["calibration"]
    worse = graded(measured, [story["judged base"]], 40, by=lambda text: 1 - good(text))
    with pytest.raises(Refused, match=f"made without the grades in ledger entry {worse.seq}"):
        story.sign("calibration", requester="owner", signers=("officer",))
    lacking = select.missed(pleasing, select.rounds(story["judged rubric"], story.project, "j"))
    assert f"made without the grades in ledger entry {worse.seq}" in lacking
    both = [
        calibrations.calibrate(actor=story.people["owner"], grades=chosen, judge="j")
        for chosen in (story["calibration grades"], worse)
    ]
    bodies = [docs.model_body(one, JudgeCalibrationBody) for one in both]
    assert bodies[0] == bodies[1], "whichever is named, all count"
    assert bodies[0].answers > 40
    assert docs.linked(both[0], "human_grades") == docs.linked(both[1], "human_grades")
    assert set(docs.linked(both[0], "human_grades")) == {story["calibration grades"], worse}


def test_what_people_graded_after_it_was_signed_keeps_it_from_the_next_launch(measured: Site, settings: Any) -> None:
    measured.story.sign("calibration", requester="owner", signers=("officer",))
    evaluated(measured, calibration="calibration")
    graded(measured, [measured.story["judged base"]], 20)
    late = specification(measured, "late", calibration="calibration")
    assert "made without" in refused(measured, late, settings)["calibrations"]
    assert select.of_spec(late).figures, "one that is on its way is judged by what was pinned at its launch"


@pytest.mark.attack(
    name="leave a grading round open that displeases, and have the judge calibrated without it",
    caught_by="an open round about what it grades refuses calibration, signature and launch; abandoned ones are told",
    unless="two people agree to abandon what displeases: the calibration names the round, and the ledger the reason",
)
def test_an_open_round_holds_the_calibration_back(measured: Site, settings: Any) -> None:
    story, made = measured.story, measured.story["calibration"]
    found = left_open(measured)
    with pytest.raises(Refused, match=f"open grading rounds: {found.row.pk}"):
        calibrations.calibrate(actor=story.people["owner"], grades=story["calibration grades"], judge="j")
    with pytest.raises(Refused, match="closed or abandoned"):
        story.sign("calibration", requester="owner", signers=("officer",))
    browser = Client()
    browser.force_login(story.people["owner"], backend="django.contrib.auth.backends.ModelBackend")
    shown = browser.get(reverse("calibrate", args=[story["calibration grades"].digest])).content.decode()
    assert "Again?" in shown
    told, size = docs.envelope(made).body, ledger.size()
    [since] = reports.calibration_since(made, told, size)
    assert str(found.row.pk) in since.text
    assert not reports.calibration_since(made, told, found.row.seq), "as of then nobody had opened it"
    # The plan's dossier says so on page one, which cannot leave it out: beside the calibration the same stands.
    dossier = Told(gather(story.report("judged thresholds")), story.fingerprint)
    assert dossier.wrong(dossier.pdf) == []
    assert since.text in [one.text for one in dossier.data.exceptions]
    pages = Reread(dossier.pdf, dossier.facts)
    assert [*warnings_left_out(pages)[1], *left_out_of_dossier(pages)[1]] == []
    grading.round_abandon(actor=story.people["officer"], grading_round=found, reason="Nobody had time.")
    assert not select.overtaken(made, ledger.size(), made.created_at)
    assert reports.calibration_since(made, told, size) == [since], "what is said as of then is said for ever"
    after = calibrations.calibrate(actor=story.people["owner"], grades=story["calibration grades"], judge="j")
    body: JudgeCalibrationBody = docs.model_body(after, JudgeCalibrationBody)
    assert body.abandoned == [str(found.row.pk)]
    warned = reports.calibration_notices(after, docs.envelope(after).body)
    assert any("Abandoned" in one.text for one in warned)
    page = browser.get(reverse("document", args=[after.digest])).content.decode()
    assert reverse("grading-round", args=[found.row.pk]) in page
    story.made["after"] = after
    story.sign("after", requester="owner", signers=("officer",))
    left_open(measured)
    spec = specification(measured, "spec", calibration="after")
    assert "was closed or abandoned" in refused(measured, spec, settings)["calibrations"]


def test_rounds_that_end_meanwhile_are_no_part_of_what_is_frozen(
    measured: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, grades = measured.story, measured.story["calibration grades"]
    honest = apart.ask

    def slowly(module: str, request: Any, field: str, failed: str) -> str:
        if module.endswith("calibrating"):
            graded(measured, [story["judged base"]], 5)
        return honest(module, request, field, failed)

    monkeypatch.setattr(apart, "ask", slowly)
    with pytest.raises(Conflict, match="rounds that ended meanwhile"):
        calibrations.calibrate(actor=story.people["owner"], grades=grades, judge="j")


def test_two_calibrations_of_one_judge_are_one_too_many(measured: Site, settings: Any) -> None:
    measured.story.sign("calibration", requester="owner", signers=("officer",))
    again = calibrations.calibrate(
        actor=measured.story.people["owner"], grades=measured.story["calibration grades"], judge="j"
    )
    measured.story.made["second"] = again
    measured.story.sign("second", requester="owner", signers=("officer",))
    body = {"arm": "tuned", "attempt_index": 1, "note": "two"}
    references = [
        {"role": role, "digest": measured.story[name].digest}
        for role, name in (judged.named() | {"subject": "record", "baseline": "judged base"}).items()
    ]
    references += [{"role": "calibration", "digest": measured.story[name].digest} for name in ("calibration", "second")]
    spec = documents.document_submit(
        actor=measured.engineer, project=measured.story.project, kind=evals.SPEC, body=body, references=references
    )
    found = select.of_spec(spec)
    assert found.wrong == [f"{again}: a second calibration of helpful"]
    assert list(found.figures) == ["helpful"], "the first one counts, and the gate refuses both"
    assert "a second calibration of helpful" in refused(measured, spec, settings)["calibrations"]


@pytest.mark.parametrize("when", ["while it answers", "while it is judged"])
def test_a_calibration_that_falls_before_acceptance_spends_no_verdict(
    measured: Site, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verdict without it would be INCONCLUSIVE for ever, and paid for: the attempt ends and says who mends what."""
    measured.story.sign("calibration", requester="owner", signers=("officer",))
    before = spent.spent(measured.story["judged thresholds"])
    honest = judging.judge if when == "while it is judged" else judging.figures

    def falls(*given: Any, **named: Any) -> Any:
        found = honest(*given, **named)
        if given[0].pk != measured.story["judged base spec"].pk:
            measured.revoke("calibration")
        return found

    monkeypatch.setattr(judging, honest.__name__, falls)
    with pytest.raises(AssertionError, match=r"revoked.*Have it signed anew.*No verdict was disclosed") as ended:
        evaluated(measured, calibration="calibration")
    assert "(compliance officer)" in str(ended.value)
    after = spent.spent(measured.story["judged thresholds"])
    assert before is not None
    assert after is not None
    assert (after.disclosed, after.waiting) == (before.disclosed, 0)


@UNCALIBRATED
def test_recorded_answers_with_prompts_of_their_own_calibrate_a_judge(measured: Site) -> None:
    story = measured.story
    lines = [
        json.loads(line)
        for line in store.read(docs.model_body(story["judged base"], EvaluationResultBody).outputs.sha256).splitlines()
    ]
    elsewhere = "sha256:" + "4" * 64
    kept = story.bytes("recorded outputs", b"".join(dumps(line | {"prompt": elsewhere}) + b"\n" for line in lines))
    told = ("id", "repeat", "output", "tokens_in", "tokens", "seconds", "finished")
    answered = [{name: line[name] for name in told} | {"prompt": elsewhere} for line in lines]
    spec = {"arm": "retrieval", "attempt_index": 1, "note": "search"} | {
        "recorded": test_arms.file(answered), "recording": test_arms.RECORDING,
    }  # fmt: skip
    story.submit("engineer", "search", evals.SPEC, spec, **judged.named())
    with on_paper(), patch("evals.selectors.outside.endpoints.fault", return_value=""):
        body = papers.evaluation_result("retrieval", kept, 0.5) | {"n": len(lines)}
        story.made["search result"] = story.run("search", lambda _: (body, [kept]))
    grades = graded(measured, [story["search result"]], 20)
    made = calibrations.calibrate(actor=story.people["owner"], grades=grades, judge="j")
    found: JudgeCalibrationBody = docs.model_body(made, JudgeCalibrationBody)
    assert (found.answers, [one.arm for one in found.criteria["helpful"].corrected]) == (20, ["retrieval"])


@UNCALIBRATED
def test_what_cannot_be_calibrated_and_by_whom(measured: Site) -> None:
    story, grades = measured.story, graded(measured, [measured.story["judged base"]], 20, by=lambda _: 1)
    with pytest.raises(Invalid, match="a calibration needs both"):
        calibrations.calibrate(actor=story.people["owner"], grades=grades, judge="j")
    with pytest.raises(Invalid, match="expected one that the rubric asks: j"):
        calibrations.calibrate(actor=story.people["owner"], grades=grades, judge="k")
    with pytest.raises(Denied):
        calibrations.calibrate(actor=measured.engineer, grades=grades, judge="j")
    with pytest.raises(Invalid, match="closed round"):
        calibrations.calibrate(actor=story.people["owner"], grades=story["rubric"], judge="j")


def test_an_engine_that_hangs_is_told_of(measured: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    story, grades = measured.story, measured.story["calibration grades"]
    monkeypatch.setattr(apart, "SECONDS", 0.01)
    with pytest.raises(Invalid, match="the judge cannot be held against them: it took more than"):
        calibrations.calibrate(actor=story.people["owner"], grades=grades, judge="j")


@UNCALIBRATED
def test_before_the_launch_it_is_told_what_rests_on_an_uncalibrated_judge(measured: Site, settings: Any) -> None:
    settings.COUNTERSIGN_ENDPOINTS = [judged.ADDRESS]
    spec = specification(measured, "bare")
    with on_paper():
        job = jobs.launch(actor=measured.engineer, spec=spec)
    told = {line["check"]: line for line in job.verdict["checks"]}
    assert (told["judged"]["passed"], told["judged"]["weight"]) == (False, "advisory")
    assert "helpful rests on 'helpful'" in told["judged"]["found"]


def test_by_page_and_api(measured: Site) -> None:
    story, grades = measured.story, measured.story["calibration grades"]
    browser = Client()
    browser.force_login(story.people["owner"], backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("calibrate", args=[grades.digest])
    page = browser.get(address)
    assert "Calibrate a judge" in page.content.decode()
    made = browser.post(address, {"judge": "j"})
    assert made.status_code == 302, made.content
    shown = browser.get(made["Location"]).content.decode()
    assert "The judge beside people" in shown
    api = APIClient()
    api.force_authenticate(story.people["owner"])
    told = api.post("/api/v1/judge-calibrations", {"grades": grades.digest, "judge": "j"}, format="json")
    assert (told.status_code, told.json()["kind"]) == (201, evals.CALIBRATION), told.content
    wrong = api.post("/api/v1/judge-calibrations", {"grades": grades.digest, "judge": "k"}, format="json")
    assert (wrong.status_code, wrong.json()["field"]) == (400, "judge")
