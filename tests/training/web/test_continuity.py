"""Deployments, fallback plans and stage times, as they are used on their pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.access import AUDITOR, ENGINEER
from governance.models import Document, LedgerEvent
from governance.services import people
from governance.services.reauthentication import Proof
from tests.support.story import PASSWORD, Story
from tests.training import continuity
from tests.training.continuity import row
from training.bodies.continuity import DEPLOYMENT, DRILL, ESTIMATE, FALLBACK
from training.services import deployments


@pytest.fixture
def as_(story: Story) -> Callable[[str], Client]:
    """Return a client that is signed in as one of the story's people."""

    def client(name: str) -> Client:
        made = Client()
        made.force_login(story.people[name], backend="django.contrib.auth.backends.ModelBackend")
        return made

    return client


def enrolled(story: Story, name: str, role: str, project: Any) -> None:
    """Enrol somebody more."""
    owner = story.people["owner"]
    story.people[name] = people.person_enrol(actor=owner, username=name, printed_name=name, password=PASSWORD)
    people.role_grant(actor=owner, user=story.people[name], role=role, project=project, proof=Proof(PASSWORD))


def at(story: Story, name: str) -> str:
    return reverse(name, args=[story.project.slug])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_a_release_is_registered_and_falls(story: Story, as_) -> None:
    client, url = as_("engineer"), at(story, "deployment-new")
    assert f"release={story['release'].digest}" in text(client.get(url))
    serves = f"release={story['release'].digest}"
    made = client.post(url, row(serves=serves, daily_impact="1200.50", currency="EUR"))
    assert made.status_code == 302, text(made)[-2000:]
    page = text(client.get(at(story, "deployments")))
    assert "release in force" in page
    assert "2027-12-31" in page
    continuity.revoke(story, "release")
    page = text(client.get(at(story, "deployments")))
    assert "release in force" not in page
    assert "not approved" in page


def test_unproven_origin_is_labelled_everywhere(story: Story, as_) -> None:
    client = as_("engineer")
    assert client.post(at(story, "deployment-new"), row(stated_base="base-model")).status_code == 302
    made = Document.objects.get(kind=DEPLOYMENT)
    pages = [
        at(story, "deployments"),
        at(story, "project"),
        at(story, "documents"),
        reverse("document", args=[made.digest]),
        reverse("search") + "?q=coding",
    ]
    for url in pages:
        page = text(client.get(url)).lower()
        assert "unproven origin" in page, url
        assert "in force" not in page.split("coding queue", 1)[1][:400], url


def test_a_deployment_is_changed_from_its_row(story: Story, as_) -> None:
    deployments.register(
        actor=story.people["engineer"], project=story.project, row=row(release=story["release"].digest)
    )
    first = Document.objects.get(kind=DEPLOYMENT)
    url = at(story, "deployment-new") + f"?of={first.digest}"
    client = as_("engineer")
    form = client.get(url).context["form"]
    assert form["serves"].value() == f"release={story['release'].digest}"
    said = {name: form[name].value() for name in form.fields if form[name].value() not in (None, "")}
    assert client.post(url, said).status_code == 302
    assert Document.objects.filter(kind=DEPLOYMENT).count() == 1  # nothing was changed
    assert client.post(url, said | {"until": "2026-12-31"}).status_code == 302
    assert Document.objects.get(kind=DEPLOYMENT, number=2).series_id == first.series_id


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "state at least the name"),
        ({"serves": "release=sha256:" + "0" * 64}, "Select a valid choice"),
        ({"stated_base": "x", "daily_impact": "5"}, "both or neither"),
        ({"stated_base": "x", "until": "2020-01-01"}, "no day before"),
        ({"stated_base": "x", "currency": "e1", "daily_impact": "5"}, "pattern"),
    ],
)
def test_what_is_wrong_is_said_beside_what_was_typed(story: Story, as_, more: dict, words: str) -> None:
    response = as_("engineer").post(at(story, "deployment-new"), row(**more))
    assert response.status_code == 400
    assert words in text(response)
    assert 'value="Coding queue"' in text(response)
    assert not Document.objects.filter(kind=DEPLOYMENT).exists()


def test_a_table_is_registered_whole_or_not_at_all(story: Story, as_) -> None:
    client, url = as_("engineer"), at(story, "deployments-table")
    lines = ["service,environment,criticality,max_outage_hours,since,owner,stated_base"]
    lines += [f"s{number},production,low,4,2026-01-01,Desk,small" for number in range(60)]

    def upload() -> dict[str, Any]:
        return {"file": SimpleUploadedFile("services.csv", "\n".join(lines).encode())}

    good = lines[31]
    lines[31] = good.replace("low", "huge")
    refused = client.post(url, upload())
    assert refused.status_code == 400
    assert "line 32: criticality" in text(refused)
    assert not Document.objects.filter(kind=DEPLOYMENT).exists()
    lines[31] = good
    assert client.post(url, upload()).status_code == 302
    page = client.get(at(story, "deployments"))
    assert len(page.context["rows"]) == 50
    assert len(client.get(at(story, "deployments") + "?page=2").context["rows"]) == 10


def test_the_tree_shows_what_the_reader_may_see(story: Story, as_) -> None:
    deployments.register(
        actor=story.people["engineer"], project=story.project, row=row(release=story["release"].digest)
    )
    url = reverse("blast-radius", args=[story["base"].digest])
    page = text(as_("engineer").get(url))
    for name in ("run_spec", "record", "release"):
        assert reverse("document", args=[story[name].digest]) in page
    assert "release in force" in page
    assert "Plan for Medical coding triage" in page
    elsewhere = people.project_create(actor=story.people["owner"], name="Elsewhere")
    enrolled(story, "stranger", ENGINEER, elsewhere)
    hidden = text(as_("stranger").get(url))
    assert "Of your projects alone: others may rest on it, too" in hidden
    assert "0 deployments" in hidden
    assert "Coding queue" not in hidden
    assert story.project.name not in hidden
    assert as_("engineer").get(reverse("blast-radius", args=[story["release"].digest])).status_code == 404


def test_a_plan_is_written_signed_practised_and_its_successor_measured(story: Story, as_) -> None:
    continuity.successor(story)
    client = as_("engineer")
    asked = continuity.plan_body() | {
        "base_model": story["base"].digest, "successor": story["successor"].digest,
        "thresholds": story["thresholds"].digest,
    }  # fmt: skip
    url = at(story, "fallback-new") + f"?base={story['base'].digest}"
    assert client.get(url).context["form"]["base_model"].value() == story["base"].digest
    short = client.post(url, asked | {"successor": ""})
    assert (short.status_code, "found no successor" in text(short)) == (400, True)
    assert client.post(url, asked).status_code == 302
    story.made["plan"] = plan = Document.objects.get(kind=FALLBACK)
    page = reverse("fallback", args=[plan.digest])
    said = {"act": "drill", "date": timezone.now().date().isoformat(), "outcome": "passed", "finding": "An hour."}
    assert "Only a plan that is in force can be practised" in text(client.get(page))
    assert client.post(page, said).status_code == 409
    story.sign("plan", requester="engineer", signers=("officer",))
    assert "never practised" in text(client.get(page))
    assert client.post(page, said | {"date": "2020-01-01"}).status_code == 400
    assert client.post(page, said).status_code == 302
    assert "An hour." in text(client.get(page))
    tree = text(client.get(reverse("blast-radius", args=[story["base"].digest])))
    assert "practised on" in tree
    assert client.post(page, said | {"outcome": "failed"}).status_code == 302
    tree = text(client.get(reverse("blast-radius", args=[story["base"].digest])))
    assert "its last drill failed on" in tree
    measured = client.post(page, {"act": "measure"})
    assert measured.status_code == 302
    assert measured["Location"].endswith("/launch/")
    continuity.revoke(story, "plan")
    assert client.post(page, said).status_code == 409
    assert Document.objects.filter(kind=DRILL).count() == 2
    assert LedgerEvent.objects.filter(event="refusal:rule:applied").exists()


def test_an_estimate_is_written_and_shown_as_not_in_force(story: Story, as_) -> None:
    client, url = as_("owner"), reverse("estimate-new")
    said = {"title": "How long", "basis": "Asked.", "data_low": "5", "data_likely": "10", "data_high": "30"}
    assert "ascending" in text(client.post(url, said | {"data_low": "40"}))
    assert client.post(url, said | {"plan_low": "1"}).status_code == 400
    assert not Document.objects.filter(kind=ESTIMATE).exists()
    assert client.post(url, said).status_code == 302
    page = text(client.get(reverse("requalification")))
    assert "estimate 5 · 10 · 30 days" in page
    assert "not in force" in page
    assert page.count("1 observed") == 6


def test_who_may_look_and_who_may_change(story: Story, as_) -> None:
    elsewhere = people.project_create(actor=story.people["owner"], name="Elsewhere")
    enrolled(story, "stranger", ENGINEER, elsewhere)
    enrolled(story, "auditor", AUDITOR, None)
    plan = continuity.fallback(story)
    pages = [at(story, name) for name in ("deployments", "deployment-new", "deployments-table", "fallback-new")]
    pages.append(reverse("fallback", args=[plan.digest]))
    for url in pages:
        assert as_("stranger").get(url).status_code == 404
        assert as_("auditor").get(url).status_code == 200
    assert as_("auditor").post(at(story, "deployment-new"), row(stated_base="small")).status_code == 403
    assert as_("stranger").post(at(story, "deployment-new"), row(stated_base="small")).status_code == 404
    stranger = as_("stranger").get(reverse("requalification"))
    assert "Of your projects alone." in text(stranger)
    assert "1 observed" not in text(stranger), "how much others release is not told"
    assert "1 observed" in text(as_("auditor").get(reverse("requalification")))
    assert str(story["release"]) not in text(stranger)
    nobody = people.person_enrol(
        actor=story.people["owner"], username="nobody", printed_name="Nobody", password=PASSWORD
    )
    story.people["nobody"] = nobody
    assert as_("nobody").get(reverse("requalification")).status_code == 404
    assert as_("nobody").get(reverse("estimate-new")).status_code == 404


def test_pages_ask_no_more_however_much_there_is(story: Story, as_, django_assert_max_num_queries) -> None:
    continuity.fallback(story)
    client = as_("engineer")
    deployments.register(
        actor=story.people["engineer"], project=story.project, row=row(release=story["release"].digest)
    )
    urls = [
        at(story, "deployments"), reverse("blast-radius", args=[story["base"].digest]), reverse("requalification"),
        reverse("fallback", args=[story["plan"].digest]),
    ]  # fmt: skip
    counts = []
    for url in urls:
        client.get(url)
        with django_assert_max_num_queries(60) as first:
            client.get(url)
        counts.append(len(first.captured_queries))
    for number in range(5):
        deployments.register(
            actor=story.people["engineer"], project=story.project,
            row=row(release=story["release"].digest, environment=f"e{number}"),
        )  # fmt: skip
    for url, count in zip(urls, counts, strict=True):
        with django_assert_max_num_queries(60):
            client.get(url)  # reads what came since
        with django_assert_max_num_queries(count):
            client.get(url)
