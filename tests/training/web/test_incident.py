"""The incident questions on their pages, by API: asked by those who may see the project, shareable, and told apart."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.access import ENGINEER
from governance.models import Document
from governance.proof.formats.fields import rfc3339
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services import people
from governance.services.reauthentication import Proof
from tests.governance.api.conftest import Api
from tests.support.story import PASSWORD, PEOPLE, Story
from tests.training.served import second_release, serving_release
from training.bodies.serving import EVENT, MARK

TYPED = "%Y-%m-%dT%H:%M:%S"


@pytest.fixture
def served(story: Story) -> Story:
    return serving_release(story)


@pytest.fixture
def as_(story: Story) -> Callable[[str], Client]:
    def client(name: str) -> Client:
        made = Client()
        made.force_login(story.people[name], backend="django.contrib.auth.backends.ModelBackend")
        return made

    return client


def stranger(story: Story) -> None:
    """Enrol somebody of another project."""
    owner = story.people["owner"]
    elsewhere = people.project_create(actor=owner, name="Elsewhere")
    story.people["stranger"] = people.person_enrol(
        actor=owner, username="stranger", printed_name="Stranger", password=PASSWORD
    )
    people.role_grant(
        actor=owner, user=story.people["stranger"], role=ENGINEER, project=elsewhere, proof=Proof(PASSWORD)
    )


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_an_incident_from_question_to_rollback(served: Story, as_, django_assert_max_num_queries) -> None:
    """Asked, traced to a release, which is marked and rolled back from; then asked anew, and as it was known."""
    second = second_release(served)
    client, page = as_("engineer"), reverse("incident-answer", args=[served["service"].digest])
    event = reverse("deployment-event", args=[served["service"].digest])
    before = timezone.now()
    said = {"what": "deployed", "at": f"{before:{TYPED}}", "reason": "Better on the common cases."}
    assert client.post(event, said | {"now": served["thresholds"].digest}).status_code == 400
    assert client.post(event, said | {"now": second.digest}).status_code == 302
    asked = reverse("incident") + f"?deployment={served['service'].digest}&time={before:{TYPED}}"
    head = docs.heads(served.project, "training.deployment")[0]
    assert client.get(asked).status_code == 400, "an older version is not offered"
    asked = asked.replace(served["service"].digest, head.digest)
    there = client.get(asked)
    assert there.status_code == 302
    assert there["Location"].startswith(reverse("incident-answer", args=[head.digest]))
    with django_assert_max_num_queries(58):
        answer = text(client.get(there["Location"]))
    for words in (
        "Chapter coder 1.1 v2 ran in Coding queue (production)", PEOPLE["officer"][0], PEOPLE["dataowner"][0],
        PEOPLE["officer2"][0], "900", "Learning rate", "The last safe version is", served["base"].title,
        "launched the run", "With people and policy", "Release signed by", "Evaluated under what these signed",
    ):  # fmt: skip
        assert words in answer, words
    marked = reverse("incident-mark", args=[second.digest])
    seen = {"title": "Refused every claim", "seen_at": f"{before:{TYPED}}", "reason": "It answered with refusals."}
    assert client.post(marked, seen).status_code == 302
    assert as_("expert").post(marked, seen).status_code == 403
    back = {"what": "rolled back", "at": f"{timezone.now():{TYPED}.%f}", "reason": "It refused every claim."}
    assert client.post(event, back | {"now": served["release"].digest}).status_code == 302
    now = text(client.get(page))
    assert "Chapter coder 1.0 v1 ran in Coding queue" in now
    assert "in place of Chapter coder 1.1 v2" in now
    assert "marked unsafe because of an incident: Refused every claim" in now
    mark = Document.objects.get(kind=MARK)
    assert client.post(marked, {"mark": mark.digest, "cleared": "No."}).status_code == 403
    assert as_("officer").post(marked, {"mark": mark.digest, "cleared": "The queue was at fault."}).status_code == 302
    assert "taken back" in text(client.get(marked))


def test_what_cannot_be_asked_is_refused_on_the_form(served: Story, as_) -> None:
    client, page = as_("engineer"), reverse("incident-answer", args=[served["service"].digest])
    tomorrow = timezone.now() + timedelta(days=1)
    assert "later than what is known" in text(client.get(f"{page}?time={tomorrow:{TYPED}}"))
    assert client.get(f"{page}?time={tomorrow:{TYPED}}").status_code == 400
    assert "before anything was known" in text(client.get(f"{page}?known=2020-01-01T00:00"))
    assert "Nothing on record ran" in text(client.get(f"{page}?time=2026-01-09T00:00"))
    assert client.get(f"{page}?time=yesterday").status_code == 400


@pytest.mark.attack(
    name="ask what runs in somebody else's project",
    caught_by="services, documents and files are looked for among those of one's own projects; others are not there",
    unless="somebody with a role in the project tells",
)
def test_other_projects_services_are_not_there(served: Story, as_) -> None:
    stranger(served)
    client, api = as_("stranger"), Api(served.people["stranger"])
    (entry,) = docs.envelope(served["record"]).body["files"]
    for name in ("incident-answer", "deployment-event"):
        assert client.get(reverse(name, args=[served["service"].digest])).status_code == 404
    for name in ("incident-mark", "changes"):
        assert client.get(reverse(name, args=[served["release"].digest])).status_code == 404
    assert client.get(reverse("project-changes", args=[served.project.slug])).status_code == 404
    page = text(client.get(reverse("incident") + f"?digest={entry['sha256']}"))
    assert "Nothing that you may see has these bytes" in page
    assert "Coding queue" not in page
    where: dict[str, Any] = {"service": "Coding queue", "environment": "production"}
    api.get("incident", project=served.project.slug, **where, expect=404)
    api.get("incident", project="elsewhere", **where, expect=404)
    assert api.get("incident/file", digest=entry["sha256"]) == []
    size = ledger.size()
    api.post(
        "deployments/events",
        {"deployment": served["service"].digest, "what": "stopped", "at": "2026-02-01T00:00:00Z", "reason": "x"},
        expect=404,
    )
    assert not Document.objects.filter(kind=EVENT).exists()
    assert ledger.size() == size


def test_the_same_by_api(served: Story) -> None:
    second = second_release(served)
    api, at = Api(served.people["engineer"]), rfc3339(timezone.now())
    made = api.post(
        "deployments/events",
        {
            "deployment": served["service"].digest, "what": "deployed", "at": at, "reason": "x", "now": second.digest,
        },
    )  # fmt: skip
    where: dict[str, Any] = {"project": served.project.slug, "service": "coding queue", "environment": "PRODUCTION"}
    found = api.get("incident", **where)
    assert (found["state"], found["models"][0]["serves"]["digest"]) == ("runs", second.digest)
    (data,) = found["models"][0]["training_sets"]
    assert (data["rows"], data["paper"]["signers"][0]["printed_name"]) == (900, PEOPLE["dataowner"][0])
    assert found["events"][0]["digest"] == made["digest"]
    assert found["events"][0]["at"] == at
    assert found["changed"]["results"]["same_set"]
    earlier = api.get("incident", **where, time="2026-02-01T00:00:00Z")
    assert earlier["models"][0]["serves"]["digest"] == served["release"].digest
    api.get("incident", **where, time="2126-02-01T00:00:00Z", expect=400)
    mark = {"release": second.digest, "title": "x", "seen_at": "2026-03-02T00:00:00Z", "reason": "y"}
    marked = api.post("incident/marks", mark)
    api.post(f"incident/marks/{marked['digest']}/clear", {"reason": "z"}, expect=403)
    Api(served.people["officer"]).post(f"incident/marks/{marked['digest']}/clear", {"reason": "z"})
    told = api.get(f"releases/{second.digest}/changes", since=served["release"].digest)
    assert [row["after"] for row in told["rows"]] == [900]
    api.get(f"releases/{second.digest}/changes", since=served["thresholds"].digest, expect=400)
    told = api.get(f"projects/{served.project.slug}/changes", since="2026-01-01T00:00:00Z")
    assert any(one["topic"] == "release and service" for one in told["differences"])
    (entry,) = docs.envelope(served["record"]).body["files"]
    (carrier, *_) = api.get("incident/file", digest=entry["sha256"])
    assert carrier["ran"][0]["service"] == "Coding queue (production)"


def test_what_changed_on_its_pages(served: Story, as_) -> None:
    second = second_release(served)
    client = as_("engineer")
    page = text(client.get(reverse("changes", args=[second.digest]) + f"?since={served['release'].digest}"))
    for words in ("Learning rate", "900", "Results side by side", "No role was given", "The same"):
        assert words in page, words
    page = text(client.get(reverse("project-changes", args=[served.project.slug])))
    assert "came into force" in page
    backwards = "?since=2026-11-02T00:00&time=2026-11-01T00:00"
    assert client.get(reverse("project-changes", args=[served.project.slug]) + backwards).status_code == 400
    assert client.get(reverse("changes", args=[served["thresholds"].digest])).status_code == 404
