"""What is private can go, under a disposal that two people signed; what proves that it was there stays."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import disposal as kind
from governance import events, store
from governance.access import OWNER
from governance.errors import Denied, Invalid, Refused
from governance.job_states import JobState
from governance.models import Document, Draft, Job, LedgerOpening, Notice, Rejection, Revocation, User
from governance.policy import KIND as POLICY
from governance.proof.answers.inforce import Standing
from governance.registry import KINDS, Link
from governance.selectors import attachments as files
from governance.selectors import disposals, ledger, passkeys, reasons, retention
from governance.selectors import documents as docs
from governance.selectors import signoff as standings
from governance.selectors.verification import verify
from governance.services import attachments, disposal, documents, leaving, reauthentication, signoff
from governance.services.reauthentication import Proof
from tests.governance import passkeys as hands
from tests.governance.cast import NOTE, NOTE_KIND, PASSWORD, World, policy_body
from tests.governance.test_file_types import PDF

WHY: dict[str, Any] = {"title": "Erasure", "reason": "Somebody asked for it", "legal_basis": "GDPR Art. 17(1)(a)"}


def agreed(world: World, **lists: Any) -> Document:
    """Draft, freeze and sign a disposal: written by the second owner, signed by owner and compliance officer."""
    draft = disposal.draft(actor=world.owner_two, **WHY, **lists)
    document = documents.draft_freeze(actor=world.owner_two, draft=draft, revision=draft.revision)
    world.agree(document, by=world.owner_two)
    return document


def problems() -> str:
    outcome = verify(hash_files=True)
    assert outcome.code == 1
    return " ".join(str(problem) for check in outcome.checks for problem in check.problems)


def client(user: User) -> Client:
    made = Client()
    made.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return made


def page(user: User, name: str, *arguments: Any) -> str:
    response = client(user).get(reverse(name, args=arguments))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_reason_is_in_the_opening_alone_and_says_when_it_was_erased(world: World) -> None:
    note = world.note()
    rejection = signoff.reject(actor=world.owner, request=world.ask(note), reason="Bob from accounts is wrong")
    request = rejection.request
    assert "Bob from accounts" in page(world.engineer, "document", note.digest)
    assert "Bob from accounts" in page(world.engineer, "request", request.pk)
    assert "Bob from accounts" in page(world.engineer, "inbox")
    assert Notice.objects.filter(text__contains="Bob from accounts").exists()
    paper = agreed(world, openings=[rejection.seq])
    assert disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD)) == 1
    assert disposals.openings([rejection.seq]) == {rejection.seq: ledger.size() - 1}
    for name, argument in (("document", note.digest), ("request", request.pk)):
        shown = page(world.engineer, name, argument)
        assert "Bob from accounts" not in shown
        assert reasons.ERASED in shown
    assert not Notice.objects.filter(text__contains="Bob from accounts").exists()
    assert ledger.leaf(rejection.seq).commitment is not None
    assert standings.in_force(note).standing is Standing.REJECTED
    outcome = verify()
    assert outcome.code == 0
    assert any("1 private parts erased under a signed disposal" in check.detail for check in outcome.checks)


def test_no_insert_only_row_holds_a_reason() -> None:
    for model in (Rejection, Revocation):
        assert "reason" not in {field.name for field in model._meta.get_fields()}


def test_erased_under_a_disposal_is_told_from_missing(world: World) -> None:
    note = world.note()
    rejection = signoff.reject(actor=world.owner, request=world.ask(note), reason="No")
    LedgerOpening.objects.filter(entry=rejection.seq).delete()
    assert f"opening of entry {rejection.seq}: it is missing, and no signed disposal erased it" in problems()


def test_nothing_goes_before_two_people_signed_and_only_what_is_listed(world: World) -> None:
    note = world.note()
    rejection = signoff.reject(actor=world.owner, request=world.ask(note), reason="No")
    draft = disposal.draft(actor=world.owner_two, **WHY, openings=[rejection.seq])
    document = documents.draft_freeze(actor=world.owner_two, draft=draft, revision=draft.revision)
    with pytest.raises(Refused, match="signed by everybody whom the policy asks"):
        disposal.carry_out(actor=world.owner, document=document, proof=Proof(PASSWORD))
    request = world.ask(document, by=world.owner_two)
    world.sign(request, world.owner, "owner")
    with pytest.raises(Refused):
        disposal.carry_out(actor=world.owner, document=document, proof=Proof(PASSWORD))
    assert LedgerOpening.objects.filter(entry=rejection.seq).exists()
    world.sign(request, world.officer, "compliance_officer")
    with pytest.raises(Denied):
        disposal.carry_out(actor=world.engineer, document=document, proof=Proof(PASSWORD))
    with pytest.raises(Invalid, match="expected a disposal"):
        disposal.carry_out(actor=world.owner, document=note, proof=Proof(PASSWORD))
    before = LedgerOpening.objects.count()
    assert disposal.carry_out(actor=world.officer, document=document, proof=Proof(PASSWORD)) == 1
    assert LedgerOpening.objects.count() == before - 1
    size = ledger.size()
    assert (
        disposal.carry_out(actor=world.officer, document=document, proof=Proof(PASSWORD)) == 0
    )  # again: nothing left, nothing recorded
    assert ledger.size() == size


@pytest.mark.postgres
@pytest.mark.attack(
    name="erase under a disposal that one person signed",
    caught_by="every policy must ask for two signatures; the act and verify_ledger count two people whatever it says",
    unless="two people of the roles the policy names agree to it",
)
def test_what_one_person_signed_under_an_older_policy_erases_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = world.note()
    row = attachments.attach(actor=world.engineer, document=note, name="minutes.pdf", chunks=[PDF])
    leaving.person_leave(actor=world.owner, user=world.engineer_two, successor=None, proof=Proof(PASSWORD))
    lists: dict[str, Any] = {"openings": [row.seq], "files": [row.sha256], "people": [world.engineer_two.actor]}
    body = policy_body()
    body["rules"][kind.KIND] = {"roles": {OWNER: 1}, "validity_days": 30}

    def submitted(body: dict[str, Any], base: Document | None) -> Document:
        made = documents.document_submit(actor=world.owner_two, project=None, kind=POLICY, body=body, base=base)
        world.agree(made, by=world.owner_two)
        return made

    with pytest.raises(Invalid, match="asks for 1 signature, expected at least 2"):
        submitted(body, world.policy)
    with monkeypatch.context() as before_there_was_such_a_rule:
        before_there_was_such_a_rule.setitem(KINDS, POLICY, replace(KINDS[POLICY], vet=lambda policy: None))
        old = submitted(body, world.policy)
    draft = disposal.draft(actor=world.owner_two, **WHY, **lists)
    paper = documents.draft_freeze(actor=world.owner_two, draft=draft, revision=draft.revision)
    world.sign(world.ask(paper, by=world.owner_two), world.owner, OWNER)
    assert standings.in_force(paper).ok

    def refused() -> None:
        size, private = ledger.size(), ledger.openings([row.seq])
        with pytest.raises(Refused) as refusal:
            disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD))
        [finding] = refusal.value.findings
        assert (finding.found, finding.who) == ("fewer than 2 people signed it", "compliance officer, owner")
        assert "signatures of 2 people" in finding.expected
        assert [leaf.event for leaf in map(ledger.leaf, range(size, ledger.size()))] == [events.REFUSAL_RULE]
        assert store.has(row.sha256)
        assert ledger.openings([row.seq]) == private
        world.engineer_two.refresh_from_db()
        assert world.engineer_two.printed_name != disposal.ERASED

    refused()
    client = Client()
    client.force_login(world.owner, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("document", args=[paper.digest])).content.decode()
    assert "Cannot be carried out: fewer than 2 people signed it" in page
    assert reverse("carry-out", args=[paper.digest]) not in page
    # As the refusal says: the policy asks for two now, and the disposal is signed anew.
    submitted(policy_body(), old)
    refused()
    world.revoke(paper)
    world.agree(paper, by=world.owner_two)
    assert disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD)) == 3
    assert verify(hash_files=True).code == 0


def test_verify_ledger_tells_of_an_erasure_that_one_person_signed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = world.note()
    rejection = signoff.reject(actor=world.owner, request=world.ask(note), reason="No")
    paper = agreed(world, openings=[rejection.seq])
    assert disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD)) == 1
    assert verify().code == 0
    monkeypatch.setitem(KINDS, kind.KIND, replace(KINDS[kind.KIND], least_signatures=3))
    assert "of the disposal it names, fewer than 3 people signed it" in problems()


@pytest.mark.postgres
@pytest.mark.attack(
    name="erase private parts and call it a disposal",
    caught_by="verify_ledger asks whether the disposal named lists what went and was in force by its signatures then",
    unless="owner and compliance officer sign it together",
)
def test_an_entry_that_erases_more_than_its_disposal_lists(world: World) -> None:
    from governance.services import ledger as log

    note = world.note()
    rejection = signoff.reject(actor=world.owner, request=world.ask(note), reason="No")
    paper = agreed(world, openings=[rejection.seq])
    other = documents.document_submit(
        actor=world.owner_two, project=None, kind=kind.KIND, body={**WHY, "openings": [1], "files": [], "people": []}
    )
    for named in (paper, other):
        with log.mutation(actor=None, action="forgery") as m:
            m.append(
                events.OPENING_ERASED,
                subjects=[named.digest, "entry:1"],
                data={"disposal": named.digest, "entries": [1]},
            )
    LedgerOpening.objects.filter(entry=1).delete()
    said = problems()
    assert "it took entry:1, which its disposal does not list" in said
    assert "the disposal it names was not submitted for signature then" in said


def test_files_go_after_their_entry_and_documents_stay(world: World) -> None:
    note = world.note()
    row = attachments.attach(actor=world.engineer, document=note, name="minutes.pdf", chunks=[PDF])
    paper = agreed(world, files=[row.sha256], openings=[row.seq])
    assert disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD)) == 2
    assert not store.has(row.sha256)
    [found] = files.of([note])[note.digest]
    assert (found.name, found.disposed) == (None, True)
    assert "disposed of" in page(world.engineer, "document", note.digest)
    assert client(world.engineer).get(reverse("attachment", args=[row.pk])).status_code == 404
    assert Document.objects.filter(pk=note.digest).exists()
    assert verify(hash_files=True).code == 0
    # The same bytes may come again, and are there again.
    fresh = attachments.attach(actor=world.engineer, document=world.note("Again"), name="minutes.pdf", chunks=[PDF])
    assert files.content(fresh).data == PDF
    assert verify(hash_files=True).code == 0


def test_a_file_that_a_document_in_force_names_stays(world: World) -> None:
    entry = store.put([b"rows"]).model_copy(update={"path": "rows.txt"})
    kept = documents.document_submit(
        actor=world.engineer,
        project=world.project,
        kind="test.note",
        body={"title": "Rows", "text": "", "files": [entry.model_dump()]},
    )
    world.agree(kept)
    paper = agreed(world, files=[entry.sha256])
    with pytest.raises(Refused, match="on which acts may still rest"):
        disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD))
    assert store.has(entry.sha256)
    world.revoke(kept)
    assert disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD)) == 1
    assert verify(hash_files=True).code == 0


def with_file(world: World, content: bytes, **more: Any) -> tuple[Document, str]:
    """Return a note in the store's keeping, and its file."""
    entry = store.put([content]).model_copy(update={"path": "rows.txt"})
    body = {"title": "Rows", "text": "", "files": [entry.model_dump()]}
    note = documents.document_submit(actor=world.engineer, project=world.project, kind=NOTE, body=body, **more)
    return note, entry.sha256


@pytest.mark.postgres
@pytest.mark.attack(
    name="dispose of a file between the look at what rests on it and the act",
    caught_by="what rests on the files is asked again under the ledger's lock, of newer documents and drafts as well",
    unless="the file is removed from the disk by hand; then whatever needs it says so",
)
def test_what_comes_to_rest_on_a_file_while_it_is_disposed_of_holds_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    note, sha256 = with_file(world, b"rows")
    paper = agreed(world, files=[sha256])
    check = reauthentication.check

    def meanwhile(*arguments: Any) -> Any:
        world.agree(note)
        return check(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(reauthentication, "check", meanwhile)
        with pytest.raises(Refused, match="Rows v1, on which acts may still rest"):
            disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD))
    world.revoke(note)

    def again(*arguments: Any) -> Any:
        world.agree(with_file(world, b"rows", base=note)[0])
        return check(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(reauthentication, "check", again)
        with pytest.raises(Refused, match="Rows v2, on which acts may still rest"):
            disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD))
    assert store.has(sha256)


def test_a_file_stays_for_drafts_and_for_jobs_that_are_not_done(world: World) -> None:
    note, sha256 = with_file(world, b"rows")
    spec = world.note("Spec", references=[{"role": "about", "digest": note.digest}])
    paper = agreed(world, files=[sha256])
    draft = world.draft("Next")

    def refused(why: str) -> None:
        with pytest.raises(Refused, match=why):
            disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD))
        assert store.has(sha256)

    listing = {"title": "Next", "files": docs.display_body(note)["files"]}
    documents.draft_edit(actor=world.engineer, draft=draft, revision=1, body=listing)
    refused("of Next .draft 2., on which")
    documents.draft_edit(actor=world.engineer, draft=draft, revision=2, body={"title": "Next"},
                         references=[{"role": "about", "digest": note.digest}])  # fmt: skip
    refused("of Rows v1, on which")
    documents.draft_edit(actor=world.engineer, draft=draft, revision=3, body={"title": "Next"})
    job = Job.objects.create(
        purpose="train", project=world.project, spec=spec, requested_by=world.engineer, state=JobState.RUNNING,
        created_at=timezone.now(), changed_at=timezone.now(), seq=note.seq,
    )  # fmt: skip
    refused("of Rows v1, on which")
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    assert disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD)) == 1


def test_a_file_of_what_nobody_signs_stays_as_long_as_something_in_force_rests_on_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain_kind = replace(NOTE_KIND, name="test.plain", signed=False)
    monkeypatch.setitem(KINDS, "test.plain", plain_kind)
    monkeypatch.setitem(KINDS, NOTE, replace(NOTE_KIND, links={"about": Link({"test.plain"}, required=False)}))
    entry = store.put([b"outputs"]).model_copy(update={"path": "outputs.txt"})
    plain = documents.document_submit(
        actor=world.engineer, project=world.project, kind="test.plain",
        body={"title": "Outputs", "text": "", "files": [entry.model_dump()]},
    )  # fmt: skip
    note = documents.document_submit(
        actor=world.engineer, project=world.project, kind="test.note", body={"title": "Release", "text": ""},
        references=[{"role": "about", "digest": plain.digest}],
    )  # fmt: skip
    world.agree(note)
    paper = agreed(world, files=[entry.sha256])
    with pytest.raises(Refused, match="on which acts may still rest"):
        disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD))
    world.revoke(note)
    assert disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD)) == 1


def test_killed_between_entry_and_disk_it_is_finished_by_repeating_it(world: World, monkeypatch) -> None:
    note = world.note()
    row = attachments.attach(actor=world.engineer, document=note, name="minutes.pdf", chunks=[PDF])
    paper = agreed(world, files=[row.sha256])
    with monkeypatch.context() as patch:
        patch.setattr(store, "remove", lambda digest: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD))
    assert store.has(row.sha256)
    assert files.of([note])[note.digest][0].disposed
    assert disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD)) == 0
    assert not store.has(row.sha256)


def test_a_person_is_erased_and_every_proof_still_holds(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    person = world.engineer_two
    settings.COUNTERSIGN_URL = "http://localhost:8000"
    hands.enrol(person)
    [statement] = passkeys.statements(person)
    note = world.note(by=person)
    signoff.reject(actor=world.owner, request=world.ask(note, by=person), reason="Not yet")
    out = io.StringIO()
    command = ["--by", "owner_two", "--person", person.username]
    with pytest.raises(CommandError, match="--reason"):
        call_command("erase", *command)
    call_command("erase", *command, "--reason", "Asked for", "--legal-basis", "GDPR Art. 17", stdout=out)
    draft = Draft.objects.get(pk=out.getvalue().split()[1].rstrip(":"))
    assert (draft.body["people"], draft.body["files"]) == ([person.actor], [statement])
    enrolled = draft.body["openings"][0]
    assert ledger.openings([enrolled])[enrolled] == {"printed_name": "Engineer Two"}
    paper = documents.draft_freeze(actor=world.owner_two, draft=draft, revision=draft.revision)
    world.agree(paper, by=world.owner_two)
    monkeypatch.setenv("COUNTERSIGN_PASSWORD", "wrong")
    with pytest.raises(CommandError, match="re-authentication"):
        call_command("erase", "--by", "owner", "--carry-out", paper.digest, stdout=out)
    monkeypatch.setenv("COUNTERSIGN_PASSWORD", PASSWORD)
    with pytest.raises(CommandError, match="still here"):
        call_command("erase", "--by", "owner", "--carry-out", paper.digest, stdout=out)
    assert store.has(statement), "nobody is erased who can still act, and with them nothing"
    leaving.person_leave(actor=world.owner, user=person, successor=world.engineer, proof=Proof(PASSWORD))
    call_command("erase", "--by", "owner", "--carry-out", paper.digest, stdout=out)
    assert "went." in out.getvalue()
    person.refresh_from_db()
    assert (person.printed_name, person.email, person.is_active) == ("erased", "", False)
    assert not person.has_usable_password()
    assert "Engineer Two" not in page(world.owner, "people")
    assert not LedgerOpening.objects.filter(entry__in=draft.body["openings"]).exists()
    assert not store.has(statement)
    assert verify(fingerprint=world.fingerprint, hash_files=True).code == 0


@pytest.mark.attack(
    name="erase every owner, so that nobody can grant a role any more",
    caught_by="nobody is erased who did not leave, and the last owner cannot leave",
    unless="somebody writes to the database by hand",
)
def test_nobody_is_erased_who_is_still_here(world: World) -> None:
    owners = [world.owner, world.owner_two]
    paper = agreed(world, people=[owner.actor for owner in owners])
    size = ledger.size()
    with pytest.raises(Refused) as refusal:
        disposal.carry_out(actor=world.owner, document=paper, proof=Proof(PASSWORD))
    [finding] = refusal.value.findings
    assert "still here" in finding.found
    assert finding.who == "owner"
    assert [leaf.event for leaf in map(ledger.leaf, range(size, ledger.size()))] == [events.REFUSAL_RULE]
    assert User.objects.filter(pk__in=[owner.pk for owner in owners], is_active=True).count() == 2


@pytest.mark.parametrize(
    ("lists", "problem"),
    [
        ({}, "nothing to dispose of"),
        ({"openings": [10_000]}, "have no private part"),
        ({"files": ["sha256:" + "0" * 64]}, "there is no file"),
        ({"people": ["0" * 8 + "-0000-0000-0000-" + "0" * 12]}, "there is no person"),
        ({"openings": [1, 1]}, "something twice"),
    ],
)
def test_a_disposal_of_what_is_not_there_is_not_drafted(world: World, lists, problem) -> None:
    with pytest.raises(Invalid, match=problem):
        disposal.draft(actor=world.owner, **WHY, **lists)
    assert not Draft.objects.filter(kind=kind.KIND).exists()


def test_retention_lists_what_is_past_it_and_drafts_its_disposal(world: World) -> None:
    old, kept = world.note("Old"), world.note("Kept")
    row = attachments.attach(actor=world.engineer, document=old, name="minutes.pdf", chunks=[PDF])
    world.agree(kept)
    paper = documents.document_submit(
        actor=world.owner_two,
        project=None,
        kind=POLICY,
        body=policy_body("With retention", retention={"test.note": 30}),
        base=world.policy,
    )
    world.agree(paper, by=world.owner_two)
    assert retention.past() == []
    [past] = retention.past(time=timezone.now() + timedelta(days=31))
    assert (past.document, past.files, past.openings) == (old, (row.sha256,), (row.seq,))
    out = io.StringIO()
    call_command("retention", stdout=out)
    assert "Nothing is past its retention." in out.getvalue()


def test_the_page_of_a_disposal_offers_to_carry_it_out_once_it_is_in_force(world: World) -> None:
    note = world.note()
    rejection = signoff.reject(actor=world.owner, request=world.ask(note), reason="No")
    paper = agreed(world, openings=[rejection.seq])
    address = reverse("carry-out", args=[paper.digest])
    assert address in page(world.owner, "document", paper.digest)
    assert client(world.owner).post(address).status_code == 400  # nothing that shows who asks
    assert client(world.owner).post(address, {"password": "wrong"}).status_code == 409
    assert LedgerOpening.objects.filter(entry=rejection.seq).exists()
    assert client(world.owner).post(address, {"password": PASSWORD}).status_code == 302
    assert "Private parts erased" in page(world.owner, "document", paper.digest)
    assert not LedgerOpening.objects.filter(entry=rejection.seq).exists()


def test_a_policy_names_a_retention_for_kinds_that_exist(world: World) -> None:
    for retained, problem in (({"no.kind": 3}, "no kind of document"), ({"test.note": 0}, "expected 1 to 36500")):
        with pytest.raises(Invalid, match=problem):
            documents.document_submit(
                actor=world.owner, project=None, kind=POLICY, body=policy_body(retention=retained), base=world.policy
            )
