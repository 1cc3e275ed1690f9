"""Supporting files: on the ledger by digest, until somebody signed, and never shown."""

import pytest
from django.test import Client
from django.urls import reverse

from governance import events, store
from governance.errors import Conflict, Denied, Invalid, NotFound, Refused
from governance.models import Attachment
from governance.selectors import attachments as select
from governance.selectors import ledger
from governance.selectors.statements import Opener
from governance.selectors.verification import verify
from governance.services import attachments
from tests.governance import tampering
from tests.governance.cast import World
from tests.governance.test_file_types import PDF, WORD, office

SHARP = b"%PDF-1.7\n% another\n%%EOF\n"


def attach(world: World, document, content: bytes = PDF, name: str = "minutes.pdf", by=None) -> Attachment:
    return attachments.attach(actor=by or world.engineer, document=document, name=name, chunks=[content])


def problems() -> str:
    outcome = verify()
    assert outcome.code == 1
    return " ".join(str(problem) for check in outcome.checks for problem in check.problems)


def test_a_file_is_attached_by_its_digest_and_its_name_is_private(world: World) -> None:
    note = world.note()
    row = attach(world, note)
    leaf = ledger.leaf(row.seq)
    assert (leaf.event, leaf.subjects, leaf.data["file"]) == (events.FILE_ATTACHED, [note.digest], row.sha256)
    assert "minutes" not in leaf.to_bytes().decode()
    assert ledger.openings([row.seq])[row.seq] == {"name": "minutes.pdf"}
    [found] = select.of([note])[note.digest]
    assert (found.name, found.type.name, found.disposed) == ("minutes.pdf", "pdf", False)
    assert store.read(row.sha256) == PDF
    assert verify(hash_files=True).code == 0


def test_what_is_no_such_file_is_refused_and_leaves_nothing(world: World, settings) -> None:
    note, size = world.note(), ledger.size()
    before = sorted(store.root().rglob("*"))
    for content, name in ((PDF, "minutes.docx"), (b"MZ\x00", "run.pdf"), (PDF, "\u202exfdp.pdf")):
        with pytest.raises(Invalid) as problem:
            attach(world, note, content, name)
        assert problem.value.field == "file"
    settings.COUNTERSIGN_ATTACHMENT_LIMIT = 10
    with pytest.raises(Invalid, match="more than 10 bytes"):
        attach(world, note)
    assert ledger.size() == size
    assert sorted(store.root().rglob("*")) == before


def test_after_the_first_signature_nothing_is_added(world: World) -> None:
    note = world.note()
    attach(world, note)
    request = world.ask(note)
    attach(world, note, office(WORD), "figures.docx")  # asked for, but nobody signed yet
    world.sign(request, world.owner, "owner")
    with pytest.raises(Refused, match="a document that nobody has signed"):
        attach(world, note, SHARP, "late.pdf")
    world.sign(request, world.officer, "compliance_officer")
    with pytest.raises(Refused):
        attach(world, note, SHARP, "late.pdf")
    assert len(select.of([note])[note.digest]) == 2


def test_who_may_attach(world: World) -> None:
    note = world.note()
    attach(world, note, by=world.data_owner)
    with pytest.raises(Conflict):
        attach(world, note)
    before = ledger.size()
    with pytest.raises(Denied):
        attach(world, note, SHARP, by=world.auditor)
    with pytest.raises(NotFound):
        attach(world, note, SHARP, by=world.stranger)
    told = [ledger.leaf(seq) for seq in range(before, ledger.size())]
    who = [world.auditor.actor, world.stranger.actor]
    assert [(leaf.event, leaf.actor) for leaf in told] == [("refusal:access:denied", actor) for actor in who]


@pytest.mark.postgres
@pytest.mark.attack(
    name="swap a supporting file in the database",
    caught_by="a row counts only as far as its ledger entry says the same digest; verify_ledger compares both ways",
    unless="the entry is rewritten, too: then a checkpoint kept elsewhere tells",
)
def test_a_row_that_the_ledger_does_not_confirm_is_not_shown(world: World) -> None:
    note, other = world.note(), world.note("Other")
    row = attach(world, note)
    swapped = store.put([SHARP])
    with tampering.owner():
        tampering.run("UPDATE governance_attachment SET sha256 = %s WHERE seq = %s", swapped.sha256, row.seq)
    assert not select.of([note])
    with pytest.raises(NotFound):
        select.content(Attachment.objects.get(pk=row.pk))
    assert f"attachment {row.pk}" in problems()
    with tampering.owner():
        tampering.run("UPDATE governance_attachment SET sha256 = %s WHERE seq = %s", row.sha256, row.seq)
        tampering.run("UPDATE governance_attachment SET document_id = %s WHERE seq = %s", other.digest, row.seq)
    assert not select.of([note, other])


def test_missing_bytes_are_found(world: World) -> None:
    row = attach(world, world.note())
    store.path_of(row.sha256).unlink()
    assert f"attachment {row.pk}: its bytes are missing" in problems()


def client(user) -> Client:
    made = Client()
    made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return made


def test_pages_offer_it_list_it_and_hand_it_out_as_a_download_only(world: World) -> None:
    note = world.note()
    page = client(world.engineer)
    from django.core.files.uploadedfile import SimpleUploadedFile

    upload = SimpleUploadedFile("Protokoll Žižkov.pdf", PDF, content_type="text/html")
    assert page.post(reverse("attach", args=[note.digest]), {"file": upload}).status_code == 302
    row = Attachment.objects.get()
    shown = page.get(reverse("document", args=[note.digest])).content.decode()
    assert "Protokoll Žižkov.pdf" in shown
    assert row.sha256 in shown
    request = world.ask(note)
    assert "Protokoll Žižkov.pdf" in page.get(reverse("request", args=[request.pk])).content.decode()
    response = page.get(reverse("attachment", args=[row.pk]))
    assert response.content == PDF
    headers = response.headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''Protokoll%20%C5%BDi%C5%BEkov.pdf"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert client(world.stranger).get(reverse("attachment", args=[row.pk])).status_code == 404
    assert page.post(reverse("attach", args=[note.digest])).status_code == 400
    auditor = client(world.auditor)
    assert "Attach a file" not in auditor.get(reverse("document", args=[note.digest])).content.decode()
    assert auditor.get(reverse("attachment", args=[row.pk])).status_code == 200


def test_a_signature_names_the_files_that_lay_with_what_was_signed(world: World) -> None:
    note, bare = world.note(), world.note("Without files")
    row = attach(world, note)
    request = world.ask(note, bare)
    signature = world.sign(request, world.owner, "owner")
    said = Opener().open(signature).predicate
    assert said.attachments == [row.sha256]
    assert said.presented is not None
    assert row.sha256 in store.read(said.presented).decode()
