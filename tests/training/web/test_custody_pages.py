"""The page of custody and probes: who sees what, starting a drill and a probe, stopping, taking as reference."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.urls import reverse

from governance.models import Document, Job
from governance.selectors import documents as docs
from governance.services import jobs
from tests.governance.web import world as made
from tests.governance.web.world import World
from tests.training.custody import pages
from training.bodies.custody import ProbeSpecBody, RestoreSpecBody
from training.kinds import custody as kinds


@pytest.fixture
def held(world: World) -> Document:
    found: Document = made.evaluation_spec(world).links_out.get(role="subject").target
    return found


@pytest.fixture
def listed(settings: Any, tmp_path: Path) -> None:
    settings.COUNTERSIGN_BACKUPS = [f"vault={tmp_path / 'vault'}"]
    settings.COUNTERSIGN_ENDPOINTS = ["https://api.example/v1 EXAMPLE_KEY"]


def drill(world: World, **changes: str) -> dict[str, str]:
    return {
        "project": world.project.slug, "title": "Drill", "backup": "vault", "layout": "names", "folder": "models/tiny",
        "prompts": "One\n\n Two \n", "max_new_tokens": "16", "max_minutes": "90",
    } | changes  # fmt: skip


def probe(world: World, **changes: str) -> dict[str, str]:
    return {
        "project": world.project.slug, "title": "Probe", "model": "big-2026-01", "system": "",
        "endpoint": "https://api.example/v1 EXAMPLE_KEY",
        "prompts": "One\nTwo", "repeats": "10", "temperature": "1.0", "max_new_tokens": "16", "cadence_days": "7",
        "alpha": "0.010",
    } | changes  # fmt: skip


def agreed(world: World, base: Document) -> Document:
    made.agree([base], world.owner, world.second_owner, world.officer)
    return base


def test_a_drill_is_started_from_the_base_models_page(
    world: World, as_: Any, held: Document, listed: None, tmp_path: Path
) -> None:
    client, url = as_(world.engineer), reverse("base-custody", args=[held.digest])
    assert url in client.get(reverse("document", args=[held.digest])).content.decode()
    page = client.get(url).content.decode()
    assert "never restored from a backup" in page
    assert str(tmp_path) not in page, "the operator's folder is nobody's business"
    refused = client.post(url, drill(world))
    assert refused.status_code == 409
    assert "not submitted for signature" in refused.content.decode(), "what is hashed against must be signed"
    assert not Job.objects.filter(purpose="restore").exists()

    agreed(world, held)
    response = client.post(url, drill(world))
    job = Job.objects.get(purpose="restore")
    assert response["Location"] == reverse("run", args=[job.pk])
    body: RestoreSpecBody = docs.model_body(job.spec, RestoreSpecBody)
    assert (body.backup, body.folder, body.prompts) == ("vault", "models/tiny", ["One", "Two"])
    assert body.max_seconds == 90 * 60
    jobs.cancel(actor=world.engineer, job=job, reason="It went badly")
    page = client.get(url).content.decode()
    assert reverse("run", args=[job.pk]) in page, "a drill that was stopped is not as if it had never been"
    assert "It went badly" in page
    assert "It went badly" not in as_(world.outsider).get(url).content.decode()
    assert docs.linked_one(job.spec, "base_model") == held


@pytest.mark.parametrize(("field", "value"), [("folder", "../elsewhere"), ("backup", "other"), ("prompts", " \n ")])
def test_what_is_wrong_stands_beside_its_field(
    world: World, as_: Any, held: Document, listed: None, field: str, value: str
) -> None:
    agreed(world, held)
    url = reverse("base-custody", args=[held.digest])
    response = as_(world.engineer).post(url, drill(world, **{field: value}))
    assert response.status_code in (400, 422)
    assert f"drillform_{field}_error" in response.content.decode()
    assert not Document.objects.filter(kind=kinds.RESTORE_SPEC).exists()


def test_a_probe_is_started_stopped_and_not_by_get(world: World, as_: Any, listed: None) -> None:
    base = agreed(world, pages.hosted(world))
    client, url = as_(world.engineer), reverse("base-custody", args=[base.digest])
    assert "a change in silence would not be noticed" in client.get(url).content.decode()
    response = client.post(url, probe(world))
    job = Job.objects.get(purpose="probe")
    assert response["Location"] == reverse("run", args=[job.pk])
    body: ProbeSpecBody = docs.model_body(job.spec, ProbeSpecBody)
    assert (body.endpoint.key_from, body.temperature, body.alpha, body.cadence_days) == ("EXAMPLE_KEY", "1", "0.01", 7)
    assert [(one.id, one.text) for one in body.prompts] == [("prompt-1", "One"), ("prompt-2", "Two")]
    assert "at work" in client.get(url).content.decode()

    address = reverse("probe-stop", args=[job.spec_id])
    assert "Stop repeating it" in client.get(reverse("document", args=[job.spec_id])).content.decode()
    assert client.get(address).status_code == 405
    assert as_(world.auditor).post(address).status_code == 403
    assert client.post(address).status_code == 302
    newest = Document.objects.filter(kind=kinds.PROBE_SPEC).order_by("-number")[0]
    assert docs.model_body(newest, ProbeSpecBody).cadence_days is None


def test_a_probe_that_could_find_nothing_is_refused_with_the_reason(world: World, as_: Any, listed: None) -> None:
    base = agreed(world, pages.hosted(world))
    url = reverse("base-custody", args=[base.digest])
    response = as_(world.engineer).post(url, probe(world, repeats="2"))
    assert response.status_code in (400, 422)
    assert "could not show any change" in response.content.decode()


def test_nobody_without_a_role_is_offered_to_start_one(world: World, as_: Any, held: Document, listed: None) -> None:
    url = reverse("base-custody", args=[held.digest])
    assert "Freeze and launch" in as_(world.engineer).get(url).content.decode()
    assert "Freeze and launch" not in as_(world.auditor).get(url).content.decode()
    assert as_(world.auditor).post(url, drill(world)).status_code == 400
    assert not Document.objects.filter(kind=kinds.RESTORE_SPEC).exists()
    # Somebody with a role elsewhere starts none for this project.
    assert as_(world.outsider).post(url, drill(world)).status_code == 400
    assert not Document.objects.filter(kind=kinds.RESTORE_SPEC).exists()


def test_without_a_listed_backup_the_page_says_whom_to_ask(world: World, as_: Any, held: Document) -> None:
    page = as_(world.engineer).get(reverse("base-custody", args=[held.digest])).content.decode()
    assert "COUNTERSIGN_BACKUPS" in page
    assert "Freeze and launch" not in page


def test_a_record_that_another_project_made_shows_its_outcome_alone(world: World, as_: Any, held: Document) -> None:
    made_here = pages.record(world, held)
    with patch("training.selectors.custody.told.outputs", return_value={made_here.digest}):
        url = reverse("base-custody", args=[held.digest])
        inside, outside = (as_(who).get(url).content.decode() for who in (world.engineer, world.outsider))
    assert reverse("document", args=[made_here.digest]) in inside
    assert "the last restore drill failed" in outside
    assert "In a project that you do not see" in outside
    assert reverse("document", args=[made_here.digest]) not in outside
    assert "1 of 1 files" not in outside


def test_probes_of_other_projects_are_not_shown(world: World, as_: Any) -> None:
    base = pages.hosted(world)
    spec = pages.probe(world, base)
    url = reverse("base-custody", args=[base.digest])
    assert spec.title in as_(world.engineer).get(url).content.decode()
    assert spec.title not in as_(world.outsider).get(url).content.decode()


def test_another_document_has_no_custody(world: World, as_: Any) -> None:
    client = as_(world.engineer)
    assert client.get(reverse("base-custody", args=[world.rubric.digest])).status_code == 404
    for name in ("probe-stop", "probe-reference"):
        assert client.post(reverse(name, args=[world.rubric.digest])).status_code == 404


def test_a_record_and_a_result_are_read(world: World, as_: Any, held: Document) -> None:
    client, base = as_(world.engineer), pages.hosted(world)
    record = client.get(reverse("document", args=[pages.record(world, held).digest])).content.decode()
    assert "model.safetensors" in record
    assert "failed" in record
    result = client.get(reverse("document", args=[pages.result(world, base, pages.probe(world, base)).digest]))
    page = result.content.decode()
    assert "9 × I cannot help with that." in page
    assert "Compare with this from now on" in page
