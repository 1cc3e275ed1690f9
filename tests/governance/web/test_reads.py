"""The access log: what is noted, once, for whom; what auditors read is on the ledger; who may see it."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from governance import store
from governance.access import AUDITOR
from governance.models import AccessRecord, LedgerEvent, Report
from governance.selectors import ledger
from governance.services import people, reading, reports, tokens
from governance.services.reauthentication import Proof
from governance.web.reads import ASKED, READS, UNREAD
from tests.governance.web.test_doors import address
from tests.governance.web.world import PASSWORD, World


def read_by(user) -> list[str]:
    return list(AccessRecord.objects.filter(user=user).order_by("pk").values_list("subject", flat=True))


def test_what_somebody_reads_is_noted_once_in_ten_minutes(world: World, as_) -> None:
    client, start = as_(world.engineer), timezone.now().replace(minute=0, second=0)
    digest = world.rubric.digest
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(3):
            assert client.get(address("document", world, digest=digest)).status_code == 200
        client.get(address("canonical-bytes", world, digest=digest))
        client.get(address("request", world))
        assert read_by(world.engineer) == [digest, f"request:{world.request.pk}"]
        clock.shift(timedelta(minutes=11))
        client.get(address("document", world, digest=digest))
        assert read_by(world.engineer).count(digest) == 2
    as_(world.engineer).get(address("document", world, digest=digest))
    assert read_by(world.engineer).count(digest) == 3


def test_what_is_hidden_or_refused_is_not_read(world: World, as_) -> None:
    as_(world.outsider).get(address("document", world))
    as_(world.engineer).get("/ledger/")
    Client().get(address("document", world))
    assert not AccessRecord.objects.exists()


def test_reads_by_api_are_noted_with_their_token_and_never_twice_across_processes(world: World) -> None:
    token, text = tokens.create(actor=world.engineer, name="x", scopes=[])
    client = Client(headers={"Authorization": f"Bearer {text}"})
    for _ in range(2):
        assert client.get(f"/api/v1/documents/{world.rubric.digest}").status_code == 200
        reading._noted.clear()  # as another process would
    assert [(row.subject, row.via) for row in AccessRecord.objects.all()] == [
        (world.rubric.digest, f"token:{token.id}")
    ]


def test_an_auditor_of_a_project_is_not_led_to_the_access_log_of_the_organisation(world: World, as_) -> None:
    person = people.person_enrol(actor=world.owner, username="near", printed_name="Near", password=PASSWORD)
    people.role_grant(actor=world.owner, user=person, role=AUDITOR, project=world.project, proof=Proof(PASSWORD))
    page = as_(person).get(address("document", world)).content.decode()
    assert reverse("readers", args=[world.evaluation_set.digest]) in page
    assert f'href="{reverse("reads")}"' not in page
    assert f'href="{reverse("reads")}"' in as_(world.auditor).get(address("document", world)).content.decode()


def test_what_an_auditor_reads_is_on_the_ledger(world: World, as_) -> None:
    client = as_(world.auditor)
    before = ledger.size()
    for _ in range(2):
        client.get(address("document", world))
        reading._noted.clear()
    assert ledger.size() == before + 1
    leaf = ledger.leaves_at([before])[before]
    assert (leaf.event, leaf.actor, leaf.subjects) == (
        "access:record:read",
        world.auditor.actor,
        [world.evaluation_set.digest],
    )
    assert leaf.data["via"].startswith("session:")
    as_(world.owner).get(address("document", world))
    assert LedgerEvent.objects.filter(event="access:record:read").count() == 1


def test_every_download_of_a_report_is_on_the_ledger(world: World, as_) -> None:
    report = reports.request(actor=world.engineer, subject=world.thresholds)
    reports.sealed(report=report, file=store.put([b"%PDF-1.7 sealed"]))
    _, text = tokens.create(actor=world.engineer, name="x", scopes=[])
    program = Client(headers={"Authorization": f"Bearer {text}"})
    assert as_(world.engineer).get(address("report-file", world, identifier=report.pk)).getvalue()
    assert program.get(f"/api/v1/reports/{report.pk}/file").getvalue()
    seqs = LedgerEvent.objects.filter(event="report:file:downloaded").values_list("entry_id", flat=True)
    leaves = ledger.leaves_at(seqs)
    sealed = Report.objects.get(pk=report.pk).file_sha256
    assert [leaf.data for leaf in leaves.values()] == [{"report": str(report.pk), "file": sealed}] * 2
    assert {leaf.actor for leaf in leaves.values()} == {world.engineer.actor}


def test_owners_and_auditors_see_who_read_what(world: World, as_) -> None:
    as_(world.engineer).get(address("document", world))
    page = as_(world.auditor).get(address("readers", world)).content.decode()
    assert "Ed Engineer" in page
    assert as_(world.engineer).get(address("readers", world)).status_code == 403
    assert as_(world.outsider).get(address("readers", world)).status_code == 404
    owner = as_(world.owner)
    assert "Triage holdout" in owner.get("/access-log/").content.decode()
    assert "Nothing matches" in owner.get("/access-log/?person=carla").content.decode()
    tomorrow = (timezone.now() + timedelta(days=1)).date()
    assert "Nothing matches" in owner.get(f"/access-log/?since={tomorrow}").content.decode()
    assert as_(world.engineer).get("/access-log/").status_code == 403
    answer = owner.get("/access-log/?form=csv").getvalue().decode()
    rows = list(csv.DictReader(io.StringIO(answer)))
    assert [(row["username"], row["subject"]) for row in rows] == [("ed", world.evaluation_set.digest)]


def test_a_name_is_no_formula_in_a_spreadsheet(world: World, as_) -> None:
    world.engineer.printed_name = "=HYPERLINK(1)"
    world.engineer.save()
    as_(world.engineer).get(address("document", world))
    answer = as_(world.owner).get("/access-log/?form=csv").getvalue().decode()
    assert ",'=HYPERLINK(1)," in answer


def test_the_api_shows_it_too(world: World, as_) -> None:
    as_(world.engineer).get(address("document", world))
    found = as_(world.auditor).get("/api/v1/reads", {"subject": world.evaluation_set.digest}).json()
    assert [(row["username"], row["subject"]) for row in found["results"]] == [("ed", world.evaluation_set.digest)]
    assert as_(world.engineer).get("/api/v1/reads").status_code == 403
    assert as_(world.outsider).get("/api/v1/reads", {"subject": world.evaluation_set.digest}).status_code == 404


def test_records_are_kept_as_long_as_the_installation_says(world: World, as_, settings) -> None:
    settings.COUNTERSIGN_ACCESS_LOG_DAYS = 30
    as_(world.engineer).get(address("document", world))
    assert reading.prune(now=timezone.now() + timedelta(days=29)) == 0
    assert reading.prune(now=timezone.now() + timedelta(days=31)) == 1
    assert not AccessRecord.objects.exists()


def test_an_answer_that_cannot_be_noted_is_not_given(world: World, as_, monkeypatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reading, "note", full)
    with pytest.raises(OSError, match="No space"):
        as_(world.engineer).get(address("document", world))


def test_what_an_auditor_asks_of_a_document_as_of_a_day_is_on_the_ledger(world: World, as_) -> None:
    digest = world.rubric.digest
    client, before = as_(world.auditor), ledger.size()
    assert client.get("/as-of/", {"document": digest}).status_code == 200
    assert client.get("/as-of/", {"project": world.project.slug}).status_code == 200
    assert client.get("/as-of/").status_code == 200
    assert client.get("/as-of/", {"document": digest, "time": "soon"}).status_code == 400  # told nothing
    assert client.get("/register/").status_code == 200
    assert client.get("/register/table.csv", {"project": world.project.slug}).status_code == 200
    place = str(world.project.pk)  # a leaf is seen by others, too: no project's name or address stands in it
    subjects = [digest, f"as-of:{place}", "as-of:all", "register:all", f"register:{place}"]
    assert read_by(world.auditor) == subjects
    leaves = ledger.leaves_at(range(before, ledger.size())).values()
    assert [(leaf.event, leaf.subjects) for leaf in leaves] == [("access:record:read", [one]) for one in subjects]
    as_(world.owner).get(f"/projects/{world.project.slug}/ledger/")
    page = as_(world.owner).get("/access-log/").content.decode()
    assert all(f"{what} of {world.project.name}" in page for what in ("register", "as-of", "ledger"))


def test_the_same_by_the_api(world: World) -> None:
    _, text = tokens.create(actor=world.engineer, name="x", scopes=[])
    client = Client(headers={"Authorization": f"Bearer {text}"})
    asked = {"time": (timezone.now() - timedelta(seconds=1)).isoformat(), "document": world.rubric.digest}
    assert client.get("/api/v1/as-of", asked).status_code == 200
    assert client.get("/api/v1/register", {"project": world.project.slug}).status_code == 200
    assert read_by(world.engineer) == [world.rubric.digest, f"register:{world.project.pk}"]


def test_every_address_is_noted_or_said_not_to_be() -> None:
    def routes(resolver: URLResolver, before: str = ""):
        for entry in resolver.url_patterns:
            here = before + str(entry.pattern)
            if isinstance(entry, URLPattern):
                yield here, entry
            elif not here.startswith(("admin", "control")):
                yield from routes(entry, here)

    def read(entry: URLPattern) -> bool:
        made = entry.callback
        view = getattr(made, "view_class", getattr(made, "cls", None))
        if view is not None:
            return hasattr(view, "get") and "get" in view.http_method_names
        cells = [cell.cell_contents for cell in getattr(made, "__closure__", None) or ()]
        return "POST" not in str([one for one in cells if isinstance(one, list)])

    found = {here for here, entry in routes(get_resolver()) if read(entry)}
    assert len(found) > 250
    told = [*READS, *ASKED, *UNREAD]
    assert found - set(told) == set(), "say in governance.web.reads what is read there, or why nothing"
    assert set(told) - found == set(), "no address any more"
    assert len(told) == len(set(told))


def test_noting_costs_one_insert_and_then_nothing(world: World, django_assert_num_queries) -> None:
    user, now = world.engineer, timezone.now()
    reading.note(user=user, via="session:x", subject="warm", now=now)
    with django_assert_num_queries(3):  # the roles (2) and the record
        reading.note(user=user, via="session:x", subject=world.rubric.digest, now=now)
    with django_assert_num_queries(0):
        reading.note(user=user, via="session:x", subject=world.rubric.digest, now=now)
