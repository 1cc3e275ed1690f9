"""Inventories held against a story with runs and a release: kept whole or not at all, differences told as they are."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from governance.access import AUDITOR
from governance.errors import Denied, Invalid, NotFound
from governance.job_states import AttemptState
from governance.models import Document
from governance.registry import KINDS
from governance.selectors import audit_findings as found_by
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors import register as runs
from governance.services import attempts, audit_findings, jobs, people, permits
from governance.services.reauthentication import Proof
from tests.support.story import PASSWORD, Story
from tests.training.continuity import row
from tests.training.served import happened, serving_release
from training.bodies.inventories import INVENTORY
from training.inventory.matching import CONFLICT, MATCHED, UNKNOWN
from training.inventory.reading import COLUMNS
from training.selectors import reconciliation as select
from training.services import deployments
from training.services import inventories as service


def bring(story: Story, text: str, *, who: str = "officer", source: str = "serving", **more: object) -> Document:
    today = timezone.now().date()
    asked = {
        "project": story.project, "title": "Pods", "source": source, "system": "east", "form": "csv",
        "covers": ((today - timedelta(days=1)).isoformat(), today.isoformat()), "columns": {n: n for n in COLUMNS},
        "file": [text.encode()],
    } | more  # fmt: skip
    return service.bring(actor=story.people[who], **asked)  # type: ignore[arg-type]


def test_services_runs_and_files_are_matched_and_every_difference_told(story: Story) -> None:
    release = story["release"]
    deployments.register(actor=story.people["engineer"], project=story.project, row=row(release=release.digest))
    record = story["record"]
    model = {entry.sha256 for entry in KINDS[record.kind].files(docs.envelope(record).body)}
    here = f"{row()['service']},{row()['environment']}"
    text = (
        "service,environment,digest\n"
        f"{here},{min(model)}\n"
        f"{here},{'0' * 64}\n"
        f"shadow,production,{min(model)}\n"
        "elsewhere,production,\n"
    )
    held = select.of(story.people["officer"], bring(story, text).digest)
    assert [(line.row.number, line.outcome) for line in held.result.lines] == [
        (2, MATCHED), (3, CONFLICT), (4, UNKNOWN), (5, UNKNOWN),
    ]  # fmt: skip
    assert held.result.missing == ()
    assert "its file is of" in held.result.lines[2].note
    empty = select.of(story.people["officer"], bring(story, "service\n").digest)
    assert [one.service for one in empty.result.missing] == [row()["service"]]
    ran = [
        r for r in runs.of(story.project, 0, ledger.size()).runs if r[3] == "attempt" and r[6] in ("accepted", "lost")
    ]
    assert len(ran) >= 2
    slurm = "job,source_id\n" + "".join(f"attempt {r[4]},{n}\n" for n, r in enumerate(ran[1:]))
    sched = select.of(story.people["officer"], bring(story, slurm, source="scheduler").digest)
    assert {line.outcome for line in sched.result.lines} == {MATCHED}
    assert [str(ran[0][0])] == [one.label.removeprefix("attempt ") for one in sched.result.missing]
    # What it names must have run here: a permit that nobody consumed makes no run, one that was stopped was one.
    story.run_spec("again", baseline="baseline")
    with patch("training.dvc.faults", return_value=[]):
        job = jobs.launch(actor=story.people["engineer"], spec=story["again"])
        attempt, secret = permits.issue(job=job) or pytest.fail("no permit")
    listed = bring(story, f"job\n{job.pk}\n", source="scheduler", covers=("2026-11-01", "9999-12-31"))
    [line] = select.of(story.people["officer"], listed.digest).result.lines
    assert (line.outcome, line.note[-28:]) == (CONFLICT, "no permit of it was consumed")
    permits.consume(permit=bytes(attempt.permit), secret=secret, nonce="0" * 32)
    attempts.end(attempt=attempt, state=AttemptState.STOPPED, reason="by hand", retry=False)
    [line] = select.of(story.people["officer"], listed.digest).result.lines
    assert line.outcome == MATCHED


def test_what_cannot_be_read_is_refused_whole_and_nothing_is_kept(story: Story) -> None:
    size = ledger.size()
    for text, more, said in (
        ("service,started\nqueue,soon\n", {}, "line 2: started"),
        ("service\nqueue\n", {"source": "rumour"}, "source"),
        ("service\nqueue\n", {"covers": ("2026-11-02", "2026-11-01")}, "in order"),
        ("service\nqueue\n", {"form": "xml"}, "expected csv or json"),
        ("service\nqueue\n", {"columns": {"cost": "service"}}, "found 'cost'"),
        ("service\nqueue\n", {"environments": ["prodction"]}, "found 'prodction', which no row is in, and no"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=said):
            bring(story, text, **more)
    assert ledger.size() == size
    assert not Document.objects.filter(kind=INVENTORY).exists()


def test_what_ran_when_the_list_was_made_is_compared_and_not_what_runs_now(story: Story, client) -> None:
    """A release that was replaced since: its files are right in a list of then, and wrong in one of today."""
    serving_release(story)
    model = min(e.sha256 for e in KINDS[story["record"].kind].files(docs.envelope(story["record"]).body))
    now = timezone.now()
    happened(story, "stopped", now - timedelta(days=20))
    here = f"{row()['service']},{row()['environment']},{model},{now - timedelta(days=40):%Y-%m-%d}"
    text = f"service,environment,digest,started\n{here}\n"
    day = (now - timedelta(days=30)).date().isoformat()
    then, today = bring(story, text, covers=(day, day), environments=["Production "]), bring(story, text)
    lines = [select.of(story.people["officer"], one.digest).result.lines[0] for one in (then, today)]
    assert [line.outcome for line in lines] == [MATCHED, CONFLICT]
    assert "which is another time" in lines[1].note
    assert not select.of(story.people["officer"], bring(story, "service\n").digest).result.missing, "it had stopped"
    client.force_login(story.people["officer"], backend="django.contrib.auth.backends.ModelBackend")
    said = {
        "project": story.project.slug, "title": "Pods", "source": "serving", "system": "east", "covers_from": day,
        "covers_until": day, "environments": "prodction", "format": "csv", "preset": "plain",
    }  # fmt: skip
    for address, status in ((reverse("inventory-bring"), 400), ("/api/v1/inventories", 400)):
        file = SimpleUploadedFile("pods.csv", text.encode())
        found = client.post(address, said | {"file": file})
        assert found.status_code == status, found.content
        assert "which no row and no deployment here is in, expected some of production" in found.content.decode()


def test_who_brings_one_who_sees_it_and_how_a_difference_becomes_a_finding(story: Story, client) -> None:
    with pytest.raises((Denied, NotFound)):
        bring(story, "service\nqueue\n", who="expert")
    made = bring(story, "service\nqueue\n", project=None)
    engineer = story.people["engineer"]
    with pytest.raises(NotFound):  # it tells of all projects
        select.of(engineer, made.digest)
    own = bring(story, "service\n=queue\n")
    assert own in select.listed(engineer)
    with pytest.raises(NotFound):
        select.of(engineer, story["release"].digest)
    owner = story.people["owner"]
    auditor = people.person_enrol(actor=owner, username="ada", printed_name="Ada", password=PASSWORD)
    people.role_grant(actor=owner, user=auditor, role=AUDITOR, project=story.project, proof=Proof(PASSWORD))
    record = found_by.record(auditor, own.digest)
    raised = audit_findings.raise_finding(
        actor=auditor, record=record, text="Who runs it?", severity="major", owner=engineer, place="line 2",
        due=timezone.now() + timedelta(days=3),
    )  # fmt: skip
    assert found_by.get(engineer, raised.pk).place == "line 2"
    client.force_login(auditor, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("reconciliation", args=[own.digest])).content.decode()
    assert "unknown here" in page
    assert "place=line+2" in page
    table = b"".join(client.get(reverse("reconciliation-csv", args=[own.digest])).streaming_content).decode()
    assert "unknown here,line 2,'=queue" in table
