"""Every door a person can launch through asks the same gate, and every refusal is on the ledger."""

import subprocess
import sys

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from governance import events
from governance.errors import Refused
from governance.models import Job, LedgerEvent, LedgerOpening, LedgerSubject
from governance.services import jobs
from tests.support.deployment import REPOSITORY
from tests.support.governed import on_paper
from tests.support.story import PASSWORD


@pytest.fixture(autouse=True)
def paper():
    with on_paper():
        yield


@pytest.fixture
def closed(site):
    """A run whose evaluation thresholds were revoked: its gate is closed."""
    spec = site.train()
    site.revoke("thresholds")
    return spec


def refused(site, spec, before, action="run.launch"):
    """Nothing was admitted, and the newest entry is the refusal of this act on this spec."""
    assert not Job.objects.filter(spec=spec).exists()
    last = LedgerEvent.objects.latest("entry_id")
    assert last.entry_id > before
    assert last.event.startswith("refusal:")
    opening = LedgerOpening.objects.get(entry=last.entry)
    assert opening.private["findings"]
    assert LedgerSubject.objects.filter(entry=last.entry, subject=spec.digest).exists()
    assert not site.ran()
    return {finding["check"] for finding in opening.private["findings"]}


def size():
    return LedgerEvent.objects.latest("entry_id").entry_id


def test_the_gate_is_open_before_anything_is_revoked(site):
    assert jobs.launch(actor=site.engineer, spec=site.train()).state == "queued"


def test_page(site, closed):
    client, before = Client(), size()
    client.force_login(site.engineer, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(reverse("launch", args=[closed.digest]))
    assert answer.status_code == 409
    assert "thresholds" in refused(site, closed, before)


def test_api(site, closed):
    client, before = Client(), size()
    client.force_login(site.engineer, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/api/v1/jobs", {"spec": closed.digest}, content_type="application/json")
    assert answer.status_code == 409
    assert "thresholds" in {finding["check"] for finding in answer.json()["findings"]}
    assert "thresholds" in refused(site, closed, before)


def test_management_command(site, closed, capsys):
    before = size()
    with pytest.raises(SystemExit) as left:
        call_command("launch", closed.digest, user="engineer")
    assert left.value.code == 1
    assert "thresholds" in capsys.readouterr().err
    assert "thresholds" in refused(site, closed, before)


@pytest.mark.parametrize(("spec", "user"), [("sha256:" + "0" * 64, "engineer"), (None, "nobody"), ("x", "engineer")])
def test_management_command_with_wrong_input(site, closed, spec, user):
    with pytest.raises(SystemExit) as left:
        call_command("launch", spec or closed.digest, user=user)
    assert left.value.code == 2
    assert not Job.objects.filter(spec=closed).exists()


def test_management_command_launches_and_arms(site, closed, capsys):
    for options, state in (({"arm": True}, "armed"), ({}, "queued")):
        spec = closed if state == "armed" else site.work("by command")
        with pytest.raises(SystemExit) as left:
            call_command("launch", spec.digest, user="engineer", **options)
        assert left.value.code == 0
        assert Job.objects.get(spec=spec).state == state


@pytest.mark.parametrize("who", ["officer", "dataowner"])
def test_only_engineers_launch(site, who):
    spec, before = site.train(), size()
    with pytest.raises(Refused):
        jobs.launch(actor=site.story.people[who], spec=spec)
    assert refused(site, spec, before) == {"access"}


def test_command_line(site, closed, tmp_path):
    """The real client against the real web process: exit code 3, and nothing runs."""
    site.start_web()
    before = size()
    environment = site.deployment.env | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}

    def countersign(*arguments, text=None):
        command = [sys.executable, "-c", "from client.main import app; app()", *arguments]
        return subprocess.run(command, input=text, capture_output=True, text=True, cwd=REPOSITORY, env=environment)

    url = site.deployment.url
    signed_in = countersign("login", url, "--username", "engineer", "--password-stdin", text=PASSWORD)
    assert signed_in.returncode == 0, signed_in.stderr
    done = countersign("launch", closed.digest)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "thresholds" in (done.stdout + done.stderr).lower()
    refused(site, closed, before)


def test_the_read_only_gate_records_nothing(site, closed):
    client = Client()
    client.force_login(site.engineer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("inbox")).status_code == 200  # the session's opening is on the ledger
    before = size()
    assert client.get(reverse("launch", args=[closed.digest])).status_code == 200
    assert size() == before


def test_launching_twice_makes_one_job(site):
    spec = site.work()
    jobs.launch(actor=site.engineer, spec=spec)
    with pytest.raises(Refused, match="one run a spec"):
        jobs.launch(actor=site.engineer, spec=spec)
    assert Job.objects.filter(spec=spec).count() == 1
    assert site.events(events.JOB_ADMITTED) == 2  # this one, and the story's baseline
