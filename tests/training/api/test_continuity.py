"""Deployments, blast radius, fallback plans and stage times by API."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from governance.access import ENGINEER
from governance.models import Document, User
from governance.services import people
from governance.services.reauthentication import Proof
from tests.governance.api.conftest import Api
from tests.support.story import PASSWORD, Story
from tests.training import continuity
from training.bodies.continuity import DEPLOYMENT


@pytest.fixture
def engineer(story: Story) -> Api:
    return Api(story.people["engineer"])


@pytest.fixture
def stranger(story: Story) -> Api:
    """Somebody of another project."""
    owner = story.people["owner"]
    elsewhere = people.project_create(actor=owner, name="Elsewhere")
    user: User = people.person_enrol(actor=owner, username="stranger", printed_name="Stranger", password=PASSWORD)
    people.role_grant(actor=owner, user=user, role=ENGINEER, project=elsewhere, proof=Proof(PASSWORD))
    return Api(user)


def asked(story: Story, **more: Any) -> dict[str, Any]:
    return {**continuity.row(), "project": story.project.slug, "max_outage_hours": 24} | more


def test_registered_listed_and_found_below_the_model(story: Story, engineer: Api, stranger: Api) -> None:
    made = engineer.post("deployments", asked(story, release=story["release"].digest))
    assert engineer.post("deployments", asked(story, release=story["release"].digest), expect=200)["unchanged"] == 1
    engineer.post("deployments", asked(story, environment="old", stated_base="unheard of"))
    listed = engineer.get("deployments", project=story.project.slug)
    told = [(one["origin"], one["proven"], one["approved"], one["base"]) for one in listed["results"]]
    assert told == [("unproven origin", False, False, None), ("approved", True, True, story["base"].digest)]
    path = f"base-models/{story['base'].digest}/dependants"
    radius = engineer.get(path)
    assert [one["digest"] for one in radius["deployments"]] == made["documents"]
    by_digest = {one["digest"]: one for one in radius["documents"]}
    assert by_digest[made["documents"][0]]["rests_on"] == story["release"].digest
    assert by_digest[story["release"].digest]["standing"] == "in force"
    hidden = stranger.get(path)
    assert (hidden["documents"], hidden["deployments"], hidden["everything"]) == ([], [], False)
    stranger.get("deployments", project=story.project.slug, expect=404)
    engineer.get(f"base-models/{story['release'].digest}/dependants", expect=404)


def test_somebody_elses_release_is_not_there(story: Story, stranger: Api) -> None:
    wanted = asked(story, project="elsewhere", release=story["release"].digest)
    refused = stranger.post("deployments", wanted, expect=400)
    assert refused["field"] == "release"
    stranger.post("deployments", asked(story, stated_base="x"), expect=404)
    assert not Document.objects.filter(kind=DEPLOYMENT).exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"max_outage_hours": "24"}, "max_outage_hours"),
        ({"release": "x"}, "release"),
        ({"stated_base": "x", "since": "yesterday"}, "since"),
        ({}, "stated_base"),
    ],
)
def test_bad_input_is_named(story: Story, engineer: Api, more: dict, field: str) -> None:
    assert engineer.post("deployments", asked(story, **more), expect=400)["field"] == field


def test_a_table_is_all_or_nothing(story: Story, engineer: Api) -> None:
    heading = b"service;environment;criticality;max_outage_hours;since;owner;stated_base\n"
    lines = b"".join(b"s%d;production;low;4;2026-01-01;Desk;small\n" % number for number in range(5))

    def post(content: bytes, expect: int = 201) -> Any:
        form = {"project": story.project.slug, "file": SimpleUploadedFile("services.csv", content)}
        return engineer.post("deployments/table", form, expect=expect, format="multipart")

    refused = post(heading + lines + b"s9;production;low;4;2026-13-01;Desk;small\n", expect=400)
    assert (refused["field"], "since" in str(refused)) == ("line 7", True)
    assert not Document.objects.filter(kind=DEPLOYMENT).exists()
    assert len(post(heading + lines)["documents"]) == 5
    assert post(heading + lines, expect=200)["unchanged"] == 5


def test_a_plan_at_work(story: Story, engineer: Api, stranger: Api) -> None:
    plan = continuity.fallback(story)
    path = f"fallback-plans/{plan.digest}"
    said = {"date": timezone.now().date().isoformat(), "outcome": "passed", "finding": "An hour."}
    stranger.get(path, expect=404)
    stranger.post(f"{path}/drills", said, expect=404)
    assert engineer.get(path)["practised"] is False
    assert engineer.post(f"{path}/drills", said | {"outcome": "fine"}, expect=400)["field"] == "body.outcome"
    told = engineer.post(f"{path}/drills", said)
    assert (told["practised"], told["drills"][0]["finding"]) == (True, "An hour.")
    spec = engineer.post(f"{path}/measure")
    assert spec["kind"] == "evals.evaluation_spec"
    continuity.revoke(story, "plan")
    engineer.post(f"{path}/drills", said, expect=409)


def test_stage_times(story: Story, engineer: Api, stranger: Api) -> None:
    told = engineer.get("requalification")
    assert {one["stage"] for one in told["past"]} == {"data", "plan", "baseline", "run", "verdict", "release"}
    assert (told["everything"], told["estimates"]) == (False, [])
    hidden = stranger.get("requalification")
    assert (hidden["past"], hidden["everything"]) == ([], False)
    everywhere = Api(story.people["owner"])
    assert everywhere.get("requalification")["everything"] is True
