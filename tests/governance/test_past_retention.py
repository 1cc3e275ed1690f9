"""What was kept long enough is listed and its disposal drafted: by page, API and command alike."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import disposal as kind
from governance import store
from governance.access import ENGINEER, OWNER
from governance.errors import Denied, Invalid
from governance.models import Document, Draft, User
from governance.policy import KIND as POLICY
from governance.registry import KINDS, Link
from governance.selectors import retention
from governance.services import attachments, disposal, documents, people
from governance.services.reauthentication import Proof
from governance.web.views import disposals as pages
from tests.governance.cast import NOTE, NOTE_KIND, PASSWORD, World, policy_body
from tests.governance.test_file_types import PDF

BASIS = {"legal_basis": "GDPR Art. 5(1)(e)"}
API = "/api/v1/past-retention"
PLAIN = "test.plain"


@pytest.fixture(autouse=True)
def plain_kind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that nobody signs, to which notes refer."""
    monkeypatch.setitem(KINDS, PLAIN, replace(NOTE_KIND, name=PLAIN, signed=False, links={}))
    monkeypatch.setitem(KINDS, NOTE, replace(NOTE_KIND, links={"about": Link({PLAIN}, required=False)}))


def kept(world: World, days: int = 30) -> None:
    """Put a policy in force that keeps notes, and what nobody signs, for so long."""
    body = policy_body("With retention", retention={NOTE: days, PLAIN: days})
    made = documents.document_submit(actor=world.owner_two, project=None, kind=POLICY, body=body, base=world.policy)
    world.agree(made, by=world.owner_two)


def with_file(world: World, content: bytes, name: str = NOTE, **more: Any) -> Document:
    entry = store.put([content]).model_copy(update={"path": "rows.txt"})
    body = {"title": content.decode(), "text": "", "files": [entry.model_dump()]}
    where = {"actor": world.engineer, "project": world.project} | more
    return documents.document_submit(kind=name, body=body, **where)


@pytest.fixture
def old(world: World) -> Iterator[Document]:
    """A note with an attached file, and 31 days gone by since."""
    kept(world)
    note = world.note("Old")
    attachments.attach(actor=world.engineer, document=note, name="minutes.pdf", chunks=[PDF])
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        yield note


def client(user: User) -> Client:
    made = Client()
    made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return made


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_page_api_and_command_draft_the_same(world: World, old: Document) -> None:
    owner, offer = client(world.owner), f"{reverse('past-retention')}?document={old.digest}"
    assert offer in text(owner.get(reverse("due")))
    page = text(owner.get(offer))
    assert "Old v1, Main project: 1 file and 1 private part, kept long enough since" in page
    answer = owner.post(offer, {"documents": [old.digest], **BASIS})
    by_page = Draft.objects.get(kind=kind.KIND)
    assert answer["Location"] == reverse("draft", args=[by_page.pk])
    [line] = owner.get(API).json()["results"]
    assert (line["document"]["digest"], len(line["files"]), len(line["openings"])) == (old.digest, 1, 1)
    told = owner.post(API, BASIS, content_type="application/json")
    assert told.status_code == 201
    call_command("retention", "--draft", "--by", "owner", "--legal-basis", BASIS["legal_basis"], stdout=io.StringIO())
    bodies = [draft.body for draft in Draft.objects.filter(kind=kind.KIND)]
    assert bodies == [by_page.body] * 3
    assert by_page.body["title"] == "Past retention: 1 document"
    assert (by_page.body["files"], by_page.body["openings"]) == (line["files"], line["openings"])
    # Two further drafts list the file; they hold it no more than the disposal itself does.
    paper = documents.draft_freeze(actor=world.owner, draft=by_page, revision=1)
    request = world.ask(paper, by=world.owner)
    world.sign(request, world.owner_two, OWNER)
    world.sign(request, world.officer, "compliance_officer")
    assert disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD)) == 2
    assert not store.has(line["files"][0])
    assert "Old v1" not in text(owner.get(reverse("due")))
    assert "Nothing is past its retention." in text(owner.get(offer))


def test_whoever_may_not_write_a_disposal_drafts_none(world: World, old: Document) -> None:
    """The table is asked in the organisation: a disposal lies on the shelf, so an owner of a project has no say."""
    people.role_grant(
        actor=world.owner, user=world.engineer_two, role=OWNER, project=world.project, proof=Proof(PASSWORD)
    )
    for user in (world.engineer, world.engineer_two, world.auditor):
        door = client(user)
        assert "may be disposed of" in text(door.get(reverse("due"))).lower()
        assert reverse("past-retention") not in text(door.get(reverse("due")))
        page = text(door.get(reverse("past-retention")))
        assert "1 document you may see is past its retention." in page
        assert "Draft the disposal" not in page
        assert door.post(reverse("past-retention"), {"documents": [old.digest], **BASIS}).status_code == 403
        assert door.post(API, BASIS, content_type="application/json").status_code == 403
        with pytest.raises(Denied):
            disposal.draft_past(actor=user, **BASIS)
    assert not Draft.objects.filter(kind=kind.KIND).exists()


def test_of_another_project_nothing_is_told(world: World, old: Document) -> None:
    door = client(world.people["stranger"])
    assert door.get(API).json()["results"] == []
    assert "Nothing is past its retention." in text(door.get(f"{reverse('past-retention')}?document={old.digest}"))
    told = door.post(API, {"documents": [old.digest], **BASIS}, content_type="application/json")
    assert told.status_code == 400
    assert "Old" not in told.content.decode()


def test_nothing_is_drafted_of_what_is_not_past_it(world: World, old: Document) -> None:
    fresh = with_file(world, b"fresh")
    for given in ([fresh.digest], ["sha256:" + "0" * 64], []):
        with pytest.raises(Invalid, match="expected documents past their retention"):
            disposal.draft_past(actor=world.owner, documents=given, **BASIS)
    with pytest.raises(Invalid, match="legal_basis: found nothing"):
        disposal.draft_past(actor=world.owner, legal_basis="  ")
    owner, there = client(world.owner), reverse("past-retention")
    wrong: list[dict[str, Any]] = [{"documents": [fresh.digest], **BASIS}, {"documents": [old.digest]}, BASIS]
    assert [owner.post(there, typed).status_code for typed in wrong] == [400] * 3
    with pytest.raises(CommandError, match="--legal-basis"):
        call_command("retention", "--draft", "--by", "owner", stdout=io.StringIO())
    assert not Draft.objects.filter(kind=kind.KIND).exists()


def test_what_something_in_force_rests_on_is_neither_due_nor_offered(world: World) -> None:
    """A result is signed by nobody: what holds its files is the release that refers to it."""
    kept(world)
    plain, loose = with_file(world, b"held", PLAIN), with_file(world, b"loose", PLAIN)
    note = documents.document_submit(
        actor=world.engineer, project=world.project, kind=NOTE, body={"title": "Release"},
        references=[{"role": "about", "digest": plain.digest}],
    )  # fmt: skip
    world.agree(note)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        owner = client(world.owner)
        assert [one.document for one in retention.past()] == [loose]
        assert f"?document={loose.digest}" in text(owner.get(reverse("due")))
        assert "held v1" not in text(owner.get(reverse("due") + "?what=retention"))
        world.revoke(note)
        assert f"?document={plain.digest}" in text(owner.get(reverse("due")))


def test_what_is_not_past_it_yet_is_due_and_not_offered(world: World) -> None:
    kept(world)
    with_file(world, b"soon")
    page = text(client(world.owner).get(reverse("due")))
    assert "soon v1" in page
    assert reverse("past-retention") not in page


def test_only_so_many_are_offered_at_once_and_the_one_that_was_asked_for(
    world: World, old: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "AT_ONCE", 1)
    with time_machine.travel(timezone.now() - timedelta(days=31) + timedelta(hours=1)):
        later = with_file(world, b"later")
    owner, there = client(world.owner), reverse("past-retention")
    page = text(owner.get(there))
    assert ("Old v1" in page, "later v1" in page, "1 more when these are gone" in page) == (True, False, True)
    page = text(owner.get(f"{there}?document={later.digest}"))
    assert ("Old v1" in page, "later v1" in page) == (False, True)


def test_it_asks_as_often_however_many_projects_there_are(
    world: World, old: Document, django_assert_max_num_queries: Any
) -> None:
    owner, there = client(world.owner), reverse("past-retention")
    owner.get(there)
    with django_assert_max_num_queries(45) as first:
        owner.get(there)
    count = len(first.captured_queries)
    for number in range(3):
        place = people.project_create(actor=world.owner, name=f"Further {number}")
        people.role_grant(actor=world.owner, user=world.engineer, role=ENGINEER, project=place, proof=Proof(PASSWORD))
        with_file(world, f"rows {number}".encode(), project=place)
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        owner = client(world.owner)
        owner.get(there)
        with django_assert_max_num_queries(count):
            assert "rows 2 v1, Further 2: 1 file, kept" in text(owner.get(there))
