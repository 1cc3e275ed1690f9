"""Fallback plans: signed by others than their author, practised while in force, the successor measured by their set."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.access import COMPLIANCE_OFFICER, ENGINEER
from governance.errors import Denied, Invalid, Refused
from governance.jobs import reminders
from governance.models import Document, Notice
from governance.selectors import documents as docs
from governance.selectors import due, ledger
from governance.services import documents, people, signing, signoff
from governance.services.reauthentication import Proof
from tests.support import papers
from tests.support.story import PASSWORD, Story
from tests.support.watching import watched
from tests.training import continuity
from training.bodies.continuity import DRILL
from training.selectors import fallbacks as select
from training.selectors import life
from training.services import deployments
from training.services import fallbacks as service
from training.web import fallback_views


def today() -> str:
    return timezone.now().date().isoformat()


def drill(story: Story, outcome: str = "passed", who: str = "engineer", **more: str) -> Document:
    said = {"date": today(), "outcome": outcome, "finding": "The queue was served by hand for an hour."} | more
    return service.drill(actor=story.people[who], plan=story["plan"], **said)


def test_its_author_cannot_sign_it(story: Story) -> None:
    owner, officer = story.people["owner"], story.people["officer"]
    people.role_grant(
        actor=owner, user=story.people["engineer"], role=COMPLIANCE_OFFICER, project=story.project,
        proof=Proof(PASSWORD),
    )  # fmt: skip
    plan = continuity.fallback(story, signed=False)
    request = signoff.request_open(actor=owner, documents=[plan])
    with pytest.raises(Refused):
        signing.sign(
            actor=story.people["engineer"], request=request, role=COMPLIANCE_OFFICER, meaning="m", reason="r",
            password=PASSWORD,
        )  # fmt: skip
    assert not select.plan(plan).standing.ok
    signing.sign(actor=officer, request=request, role=COMPLIANCE_OFFICER, meaning="m", reason="r", password=PASSWORD)
    assert select.plan(plan).standing.ok


@pytest.mark.parametrize(
    ("links", "more", "words"),
    [
        ({"base_model": "base"}, {}, "no successor"),
        ({"base_model": "base", "successor": "base"}, {}, "itself"),
        ({"successor": "base"}, {"route": "by_hand"}, "base_model"),
        ({"base_model": "base"}, {"route": "by_hand", "drill_days": 0}, "greater"),
    ],
)
def test_what_is_no_plan(story: Story, links: dict[str, str], more: dict, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        story.submit("engineer", "none", "training.fallback_plan", continuity.plan_body(**more), **links)


def test_a_drill_of_a_plan_in_force_dates_the_next(story: Story) -> None:
    continuity.fallback(story)
    before = select.plan(story["plan"])
    assert (before.last_drill, before.practised) == (None, False)
    assert before.drill_due == timezone.now().date() + timedelta(days=90)
    drill(story)
    after = select.plan(story["plan"])
    assert (after.drilled_on, after.practised) == (timezone.now().date(), True)
    assert select.plan(story["plan"], time=timezone.now() + timedelta(days=91)).practised is False
    drill(story, "failed")
    failed = select.plan(story["plan"])
    assert (failed.practised, failed.drilled_on) == (False, timezone.now().date())
    assert [one.passed for one in failed.drills] == [False, True]


@pytest.mark.attack(
    name="have a fallback plan practised that was taken back",
    caught_by="standing is asked under the ledger's lock; only that service records drills",
    unless="a drill is recorded that was not held",
)
def test_a_revoked_plan_cannot_be_practised(story: Story) -> None:
    continuity.fallback(story)
    continuity.revoke(story, "plan")
    with pytest.raises(Refused, match="revoked"):
        drill(story)
    assert not Document.objects.filter(kind=DRILL).exists()


def test_an_unsigned_plan_cannot_be_practised(story: Story) -> None:
    continuity.fallback(story, signed=False)
    with pytest.raises(Refused, match="fallback plan that is in force"):
        drill(story)


def test_nobody_writes_a_drill_past_the_rule(story: Story) -> None:
    plan = continuity.fallback(story, signed=False)
    body = {"date": today(), "outcome": "passed", "finding": "All well."}
    for who in ("engineer", "owner", "officer"):
        with pytest.raises(Denied):
            continuity.submit(story, who, DRILL, body, plan=plan.digest)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_drill_is_held_between_agreement_and_today(story: Story, days: int) -> None:
    continuity.fallback(story)
    day = timezone.now().date() + timedelta(days=days)
    with pytest.raises(Invalid, match="expected a day from"):
        drill(story, date=day.isoformat())
    with pytest.raises(Invalid, match="date"):
        drill(story, date="soon")


def test_a_changed_plan_was_not_practised(story: Story) -> None:
    plan = continuity.fallback(story)
    drill(story)
    links = {x.role: x.digest for x in docs.envelope(plan).references}
    newer = documents.document_submit(
        actor=story.people["engineer"], project=story.project, kind="training.fallback_plan",
        body=continuity.plan_body(steps="Other steps."), base=plan,
        references=[{"role": role, "digest": digest} for role, digest in links.items()],
    )  # fmt: skip
    assert [one.document for one in select.plans()] == [plan]  # as long as nobody agreed the newer
    story.made["newer"] = newer
    story.sign("newer", requester="engineer", signers=("officer",))
    (found,) = select.plans()
    assert (found.document, found.drills) == (newer, ())


@pytest.mark.attack(
    name="have a gate opened by a fallback plan that failed when it was practised, or that nobody practises",
    caught_by="a plan covers a base model only while its drills do not speak against it",
    unless="drills are recorded that were not held",
)
def test_a_plan_that_failed_or_is_not_practised_covers_nothing(story: Story) -> None:
    continuity.fallback(story)
    base, size = story["base"], ledger.size()

    def facts(days: int = 0) -> tuple[bool, str]:
        at = timezone.now() + timedelta(days=days)
        found = life.of(base, story.project, "2027-12-31", ledger.size(), at)
        return found.fallback, found.fallback_weakness

    assert facts() == (True, "")
    assert facts(91) == (False, f"its first drill was due on {timezone.now().date() + timedelta(days=90)}")
    drill(story)
    assert facts(89) == (True, "")
    drill(story, "failed")
    assert facts() == (False, f"its last drill failed on {today()}")
    assert life.of(base, story.project, "2027-12-31", size, timezone.now()).fallback, "as it was known then"


def test_drills_that_fall_due_are_told_once_until_they_are_held(story: Story) -> None:
    plan = continuity.fallback(story, trigger_date=(timezone.now().date() + timedelta(days=400)).isoformat())
    now = timezone.now()

    def told(days: float) -> set[str]:
        reminders.look(now + timedelta(days=days))
        rows = Notice.objects.filter(kind="falls_due")
        assert all(row.link == reverse("fallback", args=[plan.digest]) for row in rows)
        return {f"{row.to.username} {row.occasion[11:]}" for row in rows if row.read_at is None}

    assert told(1) == set()
    people_ = {"owner", "officer", "engineer"}
    assert {who.split()[0] for who in told(84)} >= people_
    before = Notice.objects.count()
    assert told(84.5)
    assert Notice.objects.filter(kind="falls_due").count() == len(told(85)), "once"
    assert before
    assert "engineer overdue" in told(91)
    assert not any(who.startswith("expert") for who in told(91))
    drill(story)
    assert told(1) == set(), "what was asked for is done"


def test_who_may_not_practise(story: Story) -> None:
    continuity.fallback(story)
    with pytest.raises(Denied):
        drill(story, who="expert")


@pytest.mark.postgres
@pytest.mark.attack(
    name="insert a passed drill as the database's owner",
    caught_by="a drill counts when its leaf says that it was frozen",
    unless="the ledger is rewritten too, which its checkpoints show",
)
def test_a_forged_drill_counts_for_nothing(story: Story) -> None:
    continuity.fallback(story)
    made = drill(story, "failed")
    continuity.forged(made, outcome="passed")
    assert [one.passed for one in select.plan(story["plan"]).drills] == [False]


def test_the_successor_is_measured_by_the_plans_own_thresholds(story: Story) -> None:
    continuity.fallback(story)
    spec = service.measure_successor(actor=story.people["engineer"], plan=story["plan"])
    named = {x.role: x.digest for x in docs.envelope(spec).references}
    assert named == {
        "subject": story["successor"].digest, "thresholds": story["thresholds"].digest,
        "evaluation_set": story["set"].digest, "rubric": story["rubric"].digest,
    }  # fmt: skip
    assert docs.envelope(spec).body["arm"] == "base"
    with pytest.raises(Invalid, match="expected a fallback plan"):
        service.measure_successor(actor=story.people["engineer"], plan=story["thresholds"])


def test_a_plan_without_a_successor_measures_nothing(story: Story) -> None:
    body = continuity.plan_body(route="by_hand")
    plan = story.submit("engineer", "plan", "training.fallback_plan", body, base_model="base")
    with pytest.raises(Invalid, match="names no successor"):
        service.measure_successor(actor=story.people["engineer"], plan=plan)


def test_a_hosted_successor_is_measured_as_an_endpoint(story: Story) -> None:
    hosted = {"provider": "somebody", "snapshot": "large-1", "region": None, "observed_on": "2026-01-01"}
    gone: dict[str, Any] = {"files": [], "custody": None, "hosted": hosted, "title": "Large", "name": "large"}
    body = papers.base_model(story.bytes("w")) | gone
    story.submit("owner", "successor", "training.base_model", body)
    continuity.fallback(story, signed=False)
    with pytest.raises(Invalid, match="as an endpoint"):
        service.measure_successor(actor=story.people["engineer"], plan=story["plan"])
    asked = [SimpleNamespace(subject=None, spec=SimpleNamespace(endpoint=SimpleNamespace(model=name)))
             for name in ("large-1", "small-1")]  # fmt: skip
    with patch("evals.selectors.arms.of_plan", return_value=SimpleNamespace(all=asked)):
        assert fallback_views._measured(select.plan(story["plan"])) == asked[:1], "under a name of the successor"


def test_drills_fall_due_for_those_who_may_record_them(story: Story) -> None:
    plan = continuity.fallback(story, trigger_date=(timezone.now().date() + timedelta(days=30)).isoformat())
    now, engineer = timezone.now(), story.people["engineer"]

    def items(who: str, at: datetime, **more: Any) -> list[tuple[str, bool, bool]]:
        found = due.for_person(story.people[who], now=at, **{"days": 365, **more})
        return [(one.what, one.overdue, one.mine) for one in found if one.key == plan.digest and one.page == "fallback"]

    assert items("engineer", now) == [("fallback", False, True), ("drill", False, True)]
    assert items("expert", now) == [("fallback", False, False), ("drill", False, False)]
    assert items("engineer", now, days=60) == [("fallback", False, True)]
    assert items("engineer", now + timedelta(days=92)) == [("drill", True, True)]
    elsewhere = people.project_create(actor=story.people["owner"], name="Elsewhere")
    story.people["stranger"] = stranger = people.person_enrol(
        actor=story.people["owner"], username="stranger", printed_name="Stranger", password=PASSWORD
    )
    people.role_grant(
        actor=story.people["owner"], user=stranger, role=ENGINEER, project=elsewhere, proof=Proof(PASSWORD)
    )
    assert items("stranger", now) == []
    page = Client()
    page.force_login(engineer, backend="django.contrib.auth.backends.ModelBackend")
    shown = page.get(reverse("due") + "?days=365").content.decode()
    assert "Drill of a fallback plan due" in shown
    assert reverse("fallback", args=[plan.digest]) in shown
    continuity.revoke(story, "plan")
    assert items("engineer", now) == []


def test_every_write_is_made_inside_a_mutation(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    continuity.fallback(story)
    with watched(monkeypatch):
        deployments.register(
            actor=story.people["engineer"], project=story.project, row=continuity.row(release=story["release"].digest)
        )
        drill(story)
        service.measure_successor(actor=story.people["engineer"], plan=story["plan"])
