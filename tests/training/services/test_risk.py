"""Assessments: from what is on record, once a day and when it changes; reviews and notices follow, whatever dies."""

import json
from datetime import timedelta
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from governance import events, store
from governance.access import ENGINEER
from governance.errors import Denied
from governance.models import Document, LedgerEvent, Notice, Review
from governance.proof.formats.fields import moment
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors.verification import verify
from governance.services import documents, people, signoff
from governance.services.reauthentication import Proof
from tests.support.story import PASSWORD, Story
from tests.training.at_risk import NAME, estimated, hosted, says, serves
from tests.training.observations.feeds import hosted_body
from training.bodies.risk import ASSESSMENT, BaseRow, RiskAssessmentBody
from training.gate.base_models import useful_life
from training.lifecycle import risk as core
from training.lifecycle import written
from training.selectors import catalogue, life
from training.selectors import risk as select
from training.services import observations, risk, risk_reviews


def assessed(story: Story) -> RiskAssessmentBody:
    return select.body(risk.assess(actor=story.people["owner"]))


def of(said: RiskAssessmentBody, document: Document) -> BaseRow:
    row = select.row_of(said, document.digest)
    assert row is not None
    return row


def test_a_service_that_should_have_begun_is_red_and_says_what_to_decide(story: Story) -> None:
    base = hosted(story)
    says(story, 20)
    service = serves(story)
    estimated(story, days=10)
    said = assessed(story)
    row = of(said, base)
    assert (row.band, row.services.red, row.hosted, row.fallback) == ("red", 1, True, None)
    assert [late.service for late in said.late] == [service.digest]
    assert said.late[0].latest_start is not None
    assert said.late[0].latest_start < timezone.now().date().isoformat()
    assert said.decisions[0].startswith("Chat")
    assert "have a fallback plan signed" in " ".join(said.decisions)
    line = select.detail(said, (row.begins, row.length))
    (one,) = line["dependants"]
    assert one["too_late"]["value"] > 0.9
    assert base.digest in {line["base"]["base"]["digest"]}
    assert one["latest_start"]["sources"]


def test_open_weights_are_green_only_after_a_drill_and_unknown_is_never_green(story: Story) -> None:
    base = hosted(story)
    serves(story)
    estimated(story)
    said = assessed(story)
    assert {of(said, base).band, of(said, story["base"]).band} == {"unknown"}
    assert "not known" in " ".join(of(said, base).because) or of(said, base).loss is None
    assert said.services.green == 0


def test_a_later_date_is_green_and_a_service_without_a_known_model_is_unknown(story: Story) -> None:
    base = hosted(story)
    says(story, 900)
    serves(story)
    estimated(story)
    stray = serves(story, "Old bot", stated_base="nobody knows it")
    said = assessed(story)
    assert of(said, base).band == "green"
    assert said.unproven == [stray.digest]
    assert said.stray is not None
    (unknown,) = select.detail(said, said.stray)["dependants"]
    assert (unknown["band"], unknown["dependant"]["proven"]) == ("unknown", False)


def test_it_is_made_once_a_day_and_at_once_when_something_changes(story: Story) -> None:
    hosted(story)
    now = timezone.now()
    assert risk.by_clock(now)
    assert not risk.by_clock(now + timedelta(hours=1))
    says(story, 400)
    assert risk.by_clock(timezone.now())
    assert not risk.by_clock(timezone.now())
    assert risk.by_clock(timezone.now() + timedelta(days=1, minutes=1))
    made = Document.objects.filter(kind=ASSESSMENT).order_by("seq")
    assert [one.number for one in made] == [1, 2, 3]
    assert len({one.series_id for one in made}) == 1


def test_a_moved_date_opens_a_review_and_tells_who_must_act(story: Story) -> None:
    base = hosted(story)
    says(story, 900, ago=3)
    serves(story)
    estimated(story)
    assessed(story)
    assert not Review.objects.filter(document=base).exists(), "the first look is no change"
    says(story, 100, ago=2)
    said = assessed(story)
    (moved,) = said.moved
    assert (moved.base, moved.first, moved.now < moved.before) == (base.digest, False, True)  # type: ignore[operator]
    review = Review.objects.get(document=base)
    assert review.trigger == "base_model_change"
    assert review.due > timezone.now() + timedelta(days=29)
    told = Notice.objects.filter(subject__contains=base.title)
    assert {notice.to.username for notice in told} >= {"owner", "officer"}
    assert "moved: retirement on openai, from" in told[0].text


def test_had_the_worker_died_before_the_review_it_is_opened_by_the_next_round(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = hosted(story)
    says(story, 900, ago=3)
    assessed(story)
    says(story, 100, ago=2)
    with monkeypatch.context() as patch:
        patch.setattr(risk_reviews, "open_all", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            assessed(story)
    assert not Review.objects.filter(document=base).exists()
    for _ in range(3):
        risk.by_clock(timezone.now())
    assert Review.objects.filter(document=base).count() == 1
    assert Document.objects.filter(kind=ASSESSMENT).count() == 2


def test_the_first_word_and_one_taken_back_are_changes_too(story: Story) -> None:
    base = hosted(story, signed=False)
    assessed(story)
    says(story, 400, ago=3)
    assert [one.first for one in assessed(story).moved] == [True]
    says(story, None, ago=2)
    (gone,) = assessed(story).moved
    assert (gone.base, gone.now, gone.first) == (base.digest, None, False)
    assert assessed(story).moved == []
    assert not Review.objects.exists(), "nobody signed it, so nobody reviews it; it is told all the same"
    assert Notice.objects.filter(subject__contains=base.title).exists()


def test_the_same_inputs_give_the_same_file_whoever_computes_it(story: Story) -> None:
    hosted(story)
    says(story, 60)
    serves(story)
    estimated(story)
    said = assessed(story)
    again = core.assess(select.gather(said.ledger_size, moment(said.as_of)).inputs)
    content = b"".join(line.content for line in written.lines(again))
    assert content == store.read(said.files[0].sha256)


def test_what_was_known_then_is_computed_from_what_was_known_then(story: Story) -> None:
    base = hosted(story)
    says(story, 900, ago=3)
    serves(story)
    estimated(story)
    said = assessed(story)
    says(story, 10, ago=2)
    then = select.gather(said.ledger_size, moment(said.as_of)).inputs
    (known,) = [one for one in core.assess(then).bases if one.base.digest == base.digest]
    assert known.band == "green"
    assert of(assessed(story), base).band == "red"


@pytest.mark.attack(
    name="alter the file of an assessment of retirement risk, so that a red service looks green",
    caught_by="the document names the file's SHA-256, which is hashed at each reading, and the ledger the document",
    unless="the whole ledger is rewritten and nobody kept a checkpoint",
)
def test_an_altered_file_is_not_shown(story: Story) -> None:
    base = hosted(story)
    says(story, 20)
    serves(story)
    said = assessed(story)
    path = store.path_of(said.files[0].sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b'"band":"unknown"', b'"band":"green"  '))
    row = of(said, base)
    with pytest.raises(store.BytesCorrupt):
        select.detail(said, (row.begins, row.length))
    assert verify(hash_files=True).code == 1


def test_who_may_assess_and_who_sees_what(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    hosted(story)
    says(story, 20)
    mine = serves(story)
    with monkeypatch.context() as patch:
        patch.setattr(select, "gather", lambda *_: pytest.fail("nothing is computed for who may not ask"))
        with pytest.raises(Denied):
            risk.assess(actor=story.people["dataowner"])
    assert LedgerEvent.objects.latest("entry_id").event == events.REFUSAL_ACCESS
    size = ledger.size()
    made = risk.assess(actor=story.people["owner"])
    assert ledger.size() == size + 1
    assert docs.visible(story.people["owner"]).filter(pk=made.pk).exists()
    engineer: Any = story.people["engineer"]
    assert not docs.visible(engineer).filter(pk=made.pk).exists(), "it tells of all projects"
    shown = select.shown_to(engineer)
    assert shown is not None
    assert not shown.everything
    assert [one["dependant"]["digest"] for one in shown.own] == [mine.digest]


def test_what_the_vendor_did_with_other_models_is_told_and_stays_weak(story: Story) -> None:
    base = hosted(story)
    serves(story)
    estimated(story)
    listed = json.loads((files("model_retire") / "models.json").read_bytes())
    listed["models"] = [one for one in listed["models"] if one["id"] != NAME]
    content = json.dumps(listed).encode()
    made = observations.bring(actor=None, form="bydtech", chunks=[content], name="models.json").document
    assessment = risk.assess(actor=story.people["owner"])
    said = select.body(assessment)
    row = of(said, base)
    line = select.detail(said, (row.begins, row.length))
    usual = line["base"]["loss"]["usual"]
    assert usual["notices"] > 100
    assert (usual["notice"]["p50"]["label"], row.band) == ("weak", "unknown")
    assert set(usual["notice"]["p50"]["sources"]) == {base.digest, made.digest}
    assert made in docs.linked(assessment, "observations")


def test_how_long_a_vendors_models_lasted_is_known_from_those_whose_first_day_is(story: Story) -> None:
    base = hosted(story, signed=False, released_on="2024-08-06")
    says(story, 100)
    (known,) = [one for one in select.gather(ledger.size(), timezone.now()).inputs.bases if one.digest == base.digest]
    assert str(known.released_on) == "2024-08-06"


def test_a_hosted_model_that_answers_otherwise_opens_a_review_once(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = hosted(story)
    serves(story)
    assessed(story)
    result = estimated(story)  # any document since then stands for the probe's result
    probed = SimpleNamespace(base=base.digest, on=timezone.now().date())
    monkeypatch.setattr(
        "training.selectors.probes.found", lambda since, size: [probed] if since <= result.seq < size else []
    )
    assessed(story)
    assessed(story)
    review = Review.objects.get(document=base)
    assert review.trigger == "base_model_change"
    assert Notice.objects.filter(subject__contains=base.title, text__contains="answers otherwise").exists()


def test_who_comes_second_gets_what_the_first_made(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    hosted(story)
    owner, put = story.people["owner"], store.put
    with monkeypatch.context() as patch:

        def meanwhile(chunks: Any) -> Any:
            patch.setattr(store, "put", put)
            risk.assess(actor=story.people["officer"])
            return put(chunks)

        patch.setattr(store, "put", meanwhile)
        made = risk.assess(actor=owner)
    assert Document.objects.filter(kind=ASSESSMENT).count() == 1
    assert made.created_by == story.people["officer"]


def test_a_signature_and_a_revocation_call_for_another_look(story: Story) -> None:
    base = hosted(story, signed=False)
    assert risk.by_clock(timezone.now())
    assert not risk.by_clock(timezone.now())
    story.sign("hosted", requester="owner", signers=("officer",))
    assert risk.by_clock(timezone.now())
    assert not risk.by_clock(timezone.now())
    signoff.revoke(actor=story.people["officer"], document=base, reason="It was wrong", proof=Proof(PASSWORD))
    assert risk.by_clock(timezone.now())


def test_a_condition_on_use_takes_no_date_back(story: Story) -> None:
    hosted(story)
    says(story, 400, ago=3)
    assessed(story)
    says(story, None, ago=2, idle_days=60)
    assert assessed(story).moved == []


def test_without_a_known_length_nothing_is_said_of_the_day(story: Story) -> None:
    """The model is gone and nobody knows how long requalifying takes: late, but since when is not made up."""
    hosted(story)
    says(story, -5)
    service = serves(story)
    said = assessed(story)
    assert [(late.service, late.latest_start) for late in said.late] == [(service.digest, None)]
    assert "how long it takes is not known" in said.decisions[0]


@pytest.mark.attack(
    name="learn of another project's services from the risk of the base model they share",
    caught_by="without a role in the organisation a row is reckoned from one's own services alone, on page and API",
    unless="one holds a role in that project",
)
def test_nothing_of_another_projects_services_is_told(story: Story) -> None:
    base = hosted(story)
    says(story, 20)
    service = serves(story, "Secret desk")
    estimated(story, days=10)
    assessed(story)
    elsewhere = people.project_create(actor=story.people["owner"], name="Elsewhere")
    stranger = people.person_enrol(
        actor=story.people["owner"], username="stranger", printed_name="A Stranger", password=PASSWORD
    )
    people.role_grant(
        actor=story.people["owner"], user=stranger, role=ENGINEER, project=elsewhere, proof=Proof(PASSWORD)
    )
    api, client = APIClient(), Client()
    api.force_authenticate(stranger)
    client.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    told = [
        api.get("/api/v1/retirement").content.decode(),
        api.get(f"/api/v1/retirement/{base.digest}").content.decode(),
        client.get(reverse("retirement")).content.decode(),
        client.get(reverse("retirement-base", args=[base.digest])).content.decode(),
    ]
    for text in told:
        assert base.title in text
        for secret in (service.digest, service.digest.removeprefix("sha256:")[:8], "Secret desk", "had to begin"):
            assert secret not in text
        assert ">red<" not in text
        assert '"band":"red"' not in text
    shown = select.base_shown_to(stranger, base.digest)
    assert shown is not None
    assert (shown.row.band, shown.row.services.red, shown.row.latest_start) == ("unknown", 0, None)
    assert set(shown.risk) == {"loss", "freeze"}


def versioned(story: Story, **changes: Any) -> Document:
    """Freeze another version of the hosted model."""
    before = story["hosted"]
    story.made["hosted"] = documents.document_submit(
        actor=story.people["owner"], project=None, kind="training.base_model", body=hosted_body() | changes, base=before
    )
    return story["hosted"]


RENAMED = {"hosted": hosted_body()["hosted"] | {"snapshot": "a-name-that-no-feed-knows"}}


@pytest.mark.attack(
    name="freeze a version of a base model without the names by which feeds know it, so that its date is out of sight",
    caught_by="names and words of the version in force and of every later one count, until a version without is signed",
    unless="those who sign base models sign that version",
)
def test_a_version_that_nobody_signed_takes_no_bad_news_away(story: Story) -> None:
    first = hosted(story)
    says(story, 20)
    service = serves(story)
    estimated(story, days=10)
    assert of(assessed(story), first).band == "red"
    second = versioned(story, **RENAMED)
    said = assessed(story)
    assert [row.digest for row in said.bases if row.hosted] == [second.digest]
    assert (of(said, second).band, [late.service for late in said.late]) == ("red", [service.digest])
    (entry,) = [one for one in catalogue.entries() if one.document == second]
    assert entry.ends is not None
    assert "it is lost on" in useful_life(life.of(first, None, "2099-12-01", ledger.size(), timezone.now())).found
    third = versioned(story, licence=hosted_body()["licence"] | {"derivatives": False})
    assert "licence does not permit" in " ".join(of(assessed(story), third).because)
    versioned(story, **RENAMED)
    story.sign("hosted", requester="owner", signers=("officer",))
    row = of(assessed(story), story["hosted"])
    assert (row.band, row.loss) == ("unknown", None), "signed: it is called otherwise now"


def test_a_band_that_grows_worse_is_told_whatever_version_of_the_model_is_newest(story: Story) -> None:
    word = {
        "channel": "openai", "phase": "retired", "date": f"{timezone.now() + timedelta(days=900):%Y-%m-%d}",
        "precision": "exact", "words": "not before", "source": "https://vendor.example/x",
        "retrieved_at": f"{timezone.now():%Y-%m-%d}",
    }  # fmt: skip
    hosted(story, lifecycle=[word])
    serves(story)
    estimated(story)
    assert of(assessed(story), story["hosted"]).band == "green"
    second = versioned(story, lifecycle=[word], title="Hosted model, told more of")
    said = assessed(story)
    assert said.moved == [], "what its document says again was said before"
    assert of(said, second).band == "green"
    again = word | {"date": f"{timezone.now() + timedelta(days=10):%Y-%m-%d}"}
    third = versioned(story, lifecycle=[again])
    said = assessed(story)
    assert [(one.base, one.first, one.before) for one in said.moved] == [(third.digest, False, word["date"])]
    (notice,) = Notice.objects.filter(subject__contains=third.title, to__username="officer").order_by("-at")[:1]
    assert "its risk went from green to red" in notice.text


def test_a_source_that_falls_silent_is_told_though_the_band_stays(story: Story) -> None:
    base = hosted(story)
    says(story, 60)
    serves(story)
    estimated(story)
    assert of(assessed(story), base).band == "amber"
    later = timezone.now() + timedelta(days=31)
    with time_machine.travel(later, tick=False):
        said = assessed(story)
        assert (of(said, base).band, of(said, base).stale) == ("red", ["Vendor's page"])
        assert "was not read for 30 days" in Notice.objects.filter(to__username="officer").latest("at").text
        assert Review.objects.filter(document=base).exists()
        count = Notice.objects.count()
        assessed(story)
        assert Notice.objects.count() == count, "once"


def test_a_model_that_is_late_from_the_beginning_is_told(story: Story) -> None:
    assessed(story)
    hosted(story)
    says(story, 3)
    serves(story)
    estimated(story, days=10)
    assessed(story)
    assert "its risk is red at its first assessment" in Notice.objects.filter(to__username="officer").latest("at").text


def test_a_licence_that_nobody_agreed_to_permits_nothing(story: Story) -> None:
    base = hosted(story, signed=False)
    says(story, 900)
    serves(story)
    estimated(story)
    row = of(assessed(story), base)
    assert row.band == "unknown"
    assert "No version of its document is in force" in " ".join(row.because)


@pytest.mark.postgres
@pytest.mark.attack(
    name="write rows into the database by which a base model, or the whole assessment of its risk, looks better",
    caught_by="an assessment and a version of a base model count only when the ledger's entry of them confirms the row",
    unless="the entry is written too, by somebody with the keys, and no checkpoint of before has left",
)
def test_rows_that_no_leaf_confirms_change_no_risk(story: Story) -> None:
    base = hosted(story)
    says(story, 20)
    serves(story)
    estimated(story, days=10)
    made = risk.assess(actor=story.people["owner"])
    taken = set(Document.objects.values_list("seq", flat=True))
    unused = next(seq for seq in range(ledger.size() - 1, 0, -1) if seq not in taken)
    for true, body, seq in ((made, {"bases": []}, ledger.size() + 100), (base, RENAMED, unused)):
        envelope = docs.envelope(true)
        false = envelope.model_copy(update={"number": 2, "previous": true.digest, "body": dict(envelope.body) | body})
        Document.objects.bulk_create(
            [
                Document(
                    digest=false.digest, kind=true.kind, version=1, series=true.series, number=2, project=None,
                    title="Made by SQL", content=false.to_bytes(), created_by=None, created_at=true.created_at,
                    seq=seq,
                )
            ]
        )  # fmt: skip
    assert select.newest() == made
    assert [one.digest for one in select.gather(ledger.size(), timezone.now()).inputs.bases][:1] == [base.digest]
    assert of(assessed(story), base).band == "red"


def test_the_risk_of_a_past_day_is_shown_as_it_was_known_then(story: Story) -> None:
    first = hosted(story)
    says(story, 900, ago=3)
    service = serves(story)
    estimated(story)
    assessed(story)
    now = timezone.now()
    with time_machine.travel(now + timedelta(days=2), tick=False):
        second = versioned(story, title="Hosted model, told more of")
        says(story, 10)
        assessed(story)
        days = {when: f"{now + timedelta(days=when):%Y-%m-%d}" for when in (-1, 0, 1, 2)}
        api, client = APIClient(), Client()
        api.force_authenticate(story.people["officer"])
        client.force_login(story.people["officer"], backend="django.contrib.auth.backends.ModelBackend")
        for when, title, band in ((0, "Hosted model", "green"), (1, "Hosted model", "green"), (2, second.title, "red")):
            found = api.get(f"/api/v1/retirement?on={days[when]}").json()
            (row,) = [one for one in found["bases"] if one["hosted"]]
            assert (row["title"], row["band"]) == (title, band)
            page = client.get(reverse("retirement"), {"on": days[when]}).content.decode()
            assert ("should have begun already" in page) is (band == "red")
            for version in (first, second):  # whichever is asked for, it is one model
                one = api.get(f"/api/v1/retirement/{version.digest}?on={days[when]}").json()
                assert (one["row"]["band"], one["services"][0]["dependant"]["digest"]) == (band, service.digest)
                page = client.get(
                    reverse("retirement-base", args=[version.digest]), {"on": days[when]}
                ).content.decode()
                assert ("had to begin" in page) is (band == "red")
        assert api.get(f"/api/v1/retirement?on={days[-1]}").status_code == 404
        assert "Nothing was assessed by then" in client.get(reverse("retirement"), {"on": days[-1]}).content.decode()
        for no_day in ("soon", "2026-02-30", ""):
            assert api.get(f"/api/v1/retirement?on={no_day}").status_code == 400
            assert client.get(reverse("retirement"), {"on": no_day}).status_code == 400


def test_what_an_assessment_asks_does_not_grow_with_projects_and_versions(
    story: Story, django_assert_max_num_queries: Any
) -> None:
    hosted(story)
    versioned(story)
    with django_assert_max_num_queries(200) as before:
        one = select.gather(ledger.size(), timezone.now())
    for number in range(3):
        people.project_create(actor=story.people["owner"], name=f"Elsewhere {number}")
        versioned(story)
    with django_assert_max_num_queries(len(before.captured_queries)):
        assert select.gather(ledger.size(), timezone.now()).inputs.capacity == one.inputs.capacity
