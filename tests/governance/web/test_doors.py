"""Who gets in: nobody without signing in, nobody into another project, and no change without POST and token."""

import re
import uuid

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from evals.web import urls as evals_urls
from governance.errors import Conflict
from governance.job_states import JobState
from governance.models import LedgerEvent, Report
from governance.services import documents, reports
from governance.web import urls
from tests.governance.web.world import PASSWORD, World, evaluation_spec, job
from training.web import urls as training_urls

OPEN = {"sign-in", "sign-out", "due-calendar"}
CHANGES = {
    "thresholds-begin",
    "request-signatures", "freeze", "sign", "reject", "withdraw", "run-cancel", "request-report", "enrol",
    "grant", "revoke-role", "reset-person", "unlink-person", "recovery-codes", "remove-factor", "end-session",
    "end-sessions",
    "attach", "carry-out", "condition-hand-over", "condition-meet", "delegation-end", "sign-by-passkey",
    "person-competence", "person-identity", "person-address",
    "probe-stop", "probe-reference", "retirement-assess",
    "finding-answer", "finding-hand-over", "finding-close",
    "notices-read", "due-feed", "due-feed-end", "notice-mode", "notice-follow", "end-token", "report-again",
}  # fmt: skip


def address(name: str, world: World, **ids: object) -> str:
    """Return an address of a page about things of the world's project."""
    pattern = next(
        p for p in [*urls.urlpatterns, *evals_urls.urlpatterns, *training_urls.urlpatterns] if p.name == name
    )
    known = {
        "slug": world.project.slug,
        "digest": world.evaluation_set.digest,
        "identifier": world.request.pk,
        "kind": "evals.rubric",
        "report": "ledger-extract",
        "name": "prov",
        "seq": 1,
        "size": 1,
        "factor": 1,
        "ledger_id": world.officer.ledger_id,
    } | ids
    wanted = re.findall(r"<\w+:(\w+)>", str(pattern.pattern))
    return reverse(name, kwargs={key: known[key] for key in wanted})


@pytest.mark.parametrize("name", sorted({str(p.name) for p in urls.urlpatterns} - OPEN))
def test_every_page_asks_to_sign_in(world: World, name: str) -> None:
    url = address(name, world)
    response = Client().post(url) if name in CHANGES else Client().get(url)
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")
    fragment = Client().get(url, headers={"HX-Request": "true"})
    assert fragment.status_code == 405 if name in CHANGES else fragment["HX-Redirect"] == "/sign-in/"


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_changes_are_posts_with_a_token(world: World, as_, name: str) -> None:
    assert as_(world.officer).get(address(name, world)).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.officer, backend="django.contrib.auth.backends.ModelBackend")
    assert strict.post(address(name, world), {"document": world.rubric.digest}).status_code == 403


def test_another_projects_things_do_not_exist(world: World, as_) -> None:
    spec = evaluation_spec(world)
    row = job(world, spec, JobState.RUNNING)
    draft = documents.draft_create(actor=world.engineer, project=world.project, kind="evals.rubric", body={})
    report = reports.request(actor=world.engineer, subject=world.thresholds)
    Report.objects.filter(pk=report.pk).update(state="ready", file_sha256="sha256:" + "0" * 64)
    outsider = as_(world.outsider)
    things: dict[str, dict[str, object]] = {
        "project": {}, "documents": {}, "requests": {}, "runs": {}, "project-reports": {}, "project-report-rows": {},
        "project-ledger": {}, "draft-choose": {}, "draft-begin": {}, "document": {}, "canonical-bytes": {},
        "next-version": {}, "launch": {"digest": spec.digest}, "request": {}, "draft": {"identifier": draft.pk},
        "draft-preview": {"identifier": draft.pk},
        "run": {"identifier": row.pk}, "run-progress": {"identifier": row.pk}, "report-file": {"identifier": report.pk},
    }  # fmt: skip
    for name, ids in things.items():
        assert outsider.get(address(name, world, **ids)).status_code == 404, name
    reason = {"reason": "x", "password": PASSWORD, "role": "owner", "meaning": "x"}
    posts: dict[str, dict[str, object]] = {
        "revoke": {}, "sign": {}, "reject": {}, "withdraw": {}, "freeze": {"identifier": draft.pk},
        "report-again": {"identifier": report.pk},
        "run-cancel": {"identifier": row.pk}, "launch": {"digest": spec.digest}, "request-signatures": {},
        "request-report": {}, "draft-begin": {}, "next-version": {},
    }  # fmt: skip
    for name, ids in posts.items():
        body = reason | {"document": world.rubric.digest, "body": "{}", "revision": "1"}
        assert outsider.post(address(name, world, **ids), body).status_code == 404, name
    assert not LedgerEvent.objects.filter(event="signoff:request:rejected").exists()


def test_another_projects_names_appear_nowhere(world: World, as_) -> None:
    outsider = as_(world.outsider)
    needle = world.evaluation_set.digest[7:19]
    for url in ("/", "/projects/", f"/search/?q={world.evaluation_set.title}", f"/search/?q={needle}", "/reports/"):
        page = outsider.get(url).content.decode()
        assert world.project.name not in page, url
        assert f"/documents/{world.evaluation_set.digest[7:]}" not in page, url


def test_things_that_never_were_look_the_same_as_hidden_ones(world: World, as_) -> None:
    outsider = as_(world.outsider)
    hidden = outsider.get(address("request", world)).content
    absent = outsider.get(address("request", world, identifier=uuid.uuid4())).content
    assert re.sub(rb"csrf[^>]+", b"", hidden) == re.sub(rb"csrf[^>]+", b"", absent)


def test_the_ledger_is_for_those_who_may_read_it(world: World, as_) -> None:
    assert as_(world.engineer).get("/ledger/").status_code == 403
    assert as_(world.engineer).get("/ledger/1/").status_code == 403
    assert as_(world.auditor).get("/ledger/").status_code == 200
    assert as_(world.second_officer).get(address("project-ledger", world)).status_code == 200
    assert as_(world.second_officer).get("/ledger/").status_code == 403


def test_pages_are_not_kept_for_the_next_person(world: World, as_) -> None:
    assert "no-store" in as_(world.engineer).get(address("document", world))["Cache-Control"]


def test_sign_out_is_a_post(world: World, as_) -> None:
    client = as_(world.engineer)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/").status_code == 302


def test_a_refusal_is_a_page_a_fragment_or_none_of_its_business(world: World, as_, rf, monkeypatch) -> None:
    from governance.web.middleware import ErrorPages

    error = Conflict(found="revision 3", expected="revision 2", remedy="Look again.")
    pages = ErrorPages(lambda request: HttpResponse())
    for path in ("/api/v1/documents/", "/control/v1/heartbeat"):
        assert pages.process_exception(rf.post(path), error) is None
    assert pages.process_exception(rf.get("/"), ValueError("ours to mend")) is None
    fragment = pages.process_exception(rf.get("/", headers={"HX-Request": "true"}), error)
    assert fragment is not None
    assert fragment.status_code == 409
    assert b"<html" not in fragment.content
    assert b"revision 3" in fragment.content


def test_plain_addresses_and_stale_forms_get_friendly_pages(world: World, as_) -> None:
    missing = as_(world.engineer).get("/nothing/here/")
    assert missing.status_code == 404
    assert "There is nothing at this address" in missing.content.decode()
    assert Client().get("/nothing/here/").status_code == 404
    strict = Client(enforce_csrf_checks=True)
    stale = strict.post("/sign-in/", {"username": "olive", "password": PASSWORD})
    assert stale.status_code == 403
    assert "reload the page" in stale.content.decode()


def test_many_wrong_passwords_lock_the_door(world: World, settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    client = Client()
    answers = [client.post("/sign-in/", {"username": "olive", "password": "wrong"}) for _ in range(3)]
    assert answers[-1].status_code == 429
    assert "Locked for a while" in answers[-1].content.decode()
    assert client.post("/sign-in/", {"username": "olive", "password": PASSWORD}).status_code == 429


def test_signing_in_goes_where_one_wanted_to_but_never_elsewhere(world: World) -> None:
    fields = {"username": "olive", "password": PASSWORD}
    assert Client().post("/sign-in/", fields | {"next": "/projects/"})["Location"] == "/projects/"
    assert Client().post("/sign-in/", fields | {"next": "https://elsewhere.example/"})["Location"] == "/"


def test_an_altered_document_is_said_to_be_altered(world: World, as_, monkeypatch) -> None:
    from governance.selectors import documents as select

    def altered(document: object) -> None:
        raise select.DocumentCorrupt("document sha256:… was altered: its bytes hash to something else")

    monkeypatch.setattr(select, "envelope", altered)
    response = as_(world.engineer).get(address("document", world))
    assert response.status_code == 500
    assert "A record was altered" in response.content.decode()
