"""Drafts and documents: concurrency, contributors, versions, and input that is not what it should be."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance import events, registry, store
from governance.errors import Conflict, Denied, Invalid
from governance.models import Document, Draft, LedgerEvent, Reference, Series
from governance.proof.formats.canonical import sha256
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services import documents
from tests.governance import tampering
from tests.governance.cast import NOTE, policy_body


def test_freezing_keeps_everybody_who_wrote_and_names_the_bytes(world) -> None:
    draft = world.draft("One")
    draft = documents.draft_edit(actor=world.engineer_two, draft=draft, revision=1, body={"title": "Two"})
    draft = documents.draft_edit(actor=world.data_owner, draft=draft, revision=2, body={"title": "Three"})
    document = documents.draft_freeze(actor=world.engineer, draft=draft, revision=3)
    envelope = docs.envelope(document)
    writers = (world.engineer, world.engineer_two, world.data_owner)
    assert envelope.contributors == sorted(user.actor for user in writers)
    assert (envelope.number, envelope.previous, envelope.body) == (1, None, {"title": "Three", "text": "", "files": []})
    assert sha256(bytes(document.content)) == document.digest
    leaf = ledger.leaf(document.seq)
    assert (leaf.event, leaf.subjects, leaf.actor) == (
        events.DOCUMENT_FROZEN, [document.digest], world.engineer.actor,
    )  # fmt: skip
    assert document.title == "Three"


def test_whoever_only_freezes_is_a_contributor_too(world) -> None:
    document = documents.draft_freeze(actor=world.data_owner, draft=world.draft(), revision=1)
    assert world.data_owner.actor in docs.envelope(document).contributors


def test_the_same_text_is_another_document_each_time(world) -> None:
    first, second = world.note("Same"), world.note("Same")
    assert first.digest != second.digest
    restored = world.note("Same", base=second)
    assert restored.digest not in (first.digest, second.digest)
    assert (restored.number, docs.envelope(restored).previous) == (2, second.digest)
    assert restored.series == second.series


def test_an_edit_of_a_revision_that_moved_on_is_refused(world) -> None:
    draft = world.draft()
    documents.draft_edit(actor=world.engineer_two, draft=draft, revision=1, body={"title": "Faster"})
    size = ledger.size()
    for act in (
        lambda: documents.draft_edit(actor=world.engineer, draft=draft, revision=1, body={"title": "Slower"}),
        lambda: documents.draft_freeze(actor=world.engineer, draft=draft, revision=1),
    ):
        with pytest.raises(Conflict, match="at revision 2"):
            act()
    assert Draft.objects.get(pk=draft.pk).title == "Faster"
    assert ledger.size() == size
    documents.draft_freeze(actor=world.engineer, draft=draft, revision=2)
    with pytest.raises(Conflict, match="frozen"):
        documents.draft_freeze(actor=world.engineer, draft=draft, revision=2)
    with pytest.raises(Conflict, match="frozen"):
        documents.draft_edit(actor=world.engineer, draft=draft, revision=2, body={"title": "Late"})


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.title"),
        ({"title": ""}, "body.title"),
        ({"title": 7}, "body.title"),
        ({"title": "x", "surprise": 1}, "body.surprise"),
        ({"title": "x", "text": 0.5}, "body"),
        ({"title": "x", "text": "\ud800"}, "body"),
        ({"title": "x", "text": 2**60}, "body"),
        ({"title": "x", "files": [{"path": "../up", "size": 1, "sha256": "sha256:" + "0" * 64}]}, "body.files.0.path"),
        ({"title": "x", "files": [{"path": "a", "size": -1, "sha256": "sha256:" + "0" * 64}]}, "body.files.0.size"),
        ({"title": "x", "files": [{"path": "a", "size": 1, "sha256": "sha256:" + "0" * 64}]}, "files"),
    ],
)
def test_a_body_that_is_not_as_its_kind_wants_it_is_not_frozen(world, body, field) -> None:
    counts = Document.objects.count(), Series.objects.count(), Draft.objects.count(), ledger.size()
    with pytest.raises(Invalid) as problem:
        documents.document_submit(actor=world.engineer, project=world.project, kind=NOTE, body=body)
    assert problem.value.field == field
    assert problem.value.reason
    assert (Document.objects.count(), Series.objects.count(), Draft.objects.count(), ledger.size()) == counts


def test_files_must_be_there_with_their_size_and_unaltered(world) -> None:
    entry = store.put([b"rows"]).model_copy(update={"path": "rows.jsonl"})

    def submit(chosen) -> Document:
        body = {"title": "Files", "files": [chosen.model_dump()]}
        return documents.document_submit(actor=world.engineer, project=world.project, kind=NOTE, body=body)

    with pytest.raises(Invalid, match="expected 5"):
        submit(entry.model_copy(update={"size": 5}))
    submit(entry)
    path = store.path_of(entry.sha256)
    path.chmod(0o600)
    path.write_bytes(b"ROWS")
    with pytest.raises(Invalid, match="hash to"):
        submit(entry)


@pytest.mark.parametrize(
    "references",
    [
        [{"role": "about"}],
        [{"role": "about", "digest": "x", "more": "y"}],
        [{"role": "unknown", "digest": "sha256:" + "0" * 64}],
        [{"role": "about", "digest": "sha256:" + "0" * 64}],
        [{"role": "about", "digest": "not a digest"}],
    ],
)
def test_references_that_lead_nowhere_are_refused(world, references) -> None:
    with pytest.raises(Invalid) as problem:
        world.note(references=references)
    assert problem.value.field == "references"
    assert not Reference.objects.filter(source__kind=NOTE).exists()


def test_a_reference_to_another_kind_than_the_role_takes(world) -> None:
    with pytest.raises(Invalid, match=r"found a governance\.policy, expected test\.note"):
        world.note(references=[{"role": "about", "digest": world.policy.digest}])


def test_the_same_reference_twice_counts_once(world) -> None:
    target = world.note("Target")
    link = {"role": "about", "digest": target.digest}
    document = world.note(references=[link, link])
    assert Reference.objects.filter(source=document).count() == 1
    assert [d.digest for d in docs.linked(document, "about")] == [target.digest]
    assert set(docs.closure([document])) == {document.digest, target.digest}


def test_kinds_live_where_they_belong(world) -> None:
    with pytest.raises(Invalid, match="in a project"):
        documents.document_submit(actor=world.owner, project=None, kind=NOTE, body={"title": "x"})
    with pytest.raises(Invalid, match="shelf"):
        documents.document_submit(
            actor=world.owner, project=world.project, kind="governance.policy", body=policy_body()
        )
    with pytest.raises(Invalid, match="expected one of"):
        documents.document_submit(actor=world.owner, project=None, kind="no.such", body={})
    with pytest.raises(Invalid, match="another kind or project"):
        world.note(base=world.policy)


def test_only_a_kinds_authors_write_it(world) -> None:
    for act in (
        lambda: documents.document_submit(
            actor=world.engineer, project=None, kind="governance.policy", body=policy_body()
        ),
        lambda: documents.draft_create(
            actor=world.engineer, project=world.project, kind="evals.evaluation_result", body={}
        ),
    ):
        with pytest.raises(Denied):
            act()
        assert LedgerEvent.objects.latest("entry_id").event == events.REFUSAL_ACCESS


def test_what_only_the_system_makes_nobody_can_write(world) -> None:
    made = [kind for kind in registry.KINDS.values() if not kind.authors and not kind.shelf]
    assert made
    for kind in made:
        with pytest.raises(Denied, match="the system alone"):
            documents.draft_create(actor=world.engineer, project=world.project, kind=kind.name, body={})


def test_altered_bytes_are_found_at_every_read(world) -> None:
    target = world.note("Target")
    source = world.note("Source", references=[{"role": "about", "digest": target.digest}])
    with tampering.owner():
        tampering.run(
            "UPDATE governance_document SET content = %s WHERE digest = %s",
            bytes(target.content).replace(b"Target", b"Tarqet"),
            target.digest,
        )
    altered = Document.objects.get(pk=target.digest)
    for read in (docs.envelope, docs.body, docs.display_body, lambda d: docs.closure([source])):
        with pytest.raises(docs.DocumentCorrupt, match="altered"):
            read(altered)


def test_a_document_that_vanished_is_missed_by_those_that_name_it(world) -> None:
    target = world.note("Target")
    source = world.note("Source", references=[{"role": "about", "digest": target.digest}])
    with tampering.owner():
        tampering.run("DELETE FROM governance_reference")
        tampering.run("DELETE FROM governance_draft_contributors")
        tampering.run("DELETE FROM governance_draft")
        tampering.run("DELETE FROM governance_document WHERE digest = %s", target.digest)
    with pytest.raises(docs.DocumentCorrupt, match="not there"):
        docs.closure([source])
    with pytest.raises(docs.DocumentCorrupt, match="not there"):
        docs.linked(source, "about")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from(["title", "text", "files", "x", ""]), json_values, max_size=4))
def test_any_body_is_frozen_or_refused_in_words(world, body) -> None:
    size, count = ledger.size(), Document.objects.count()
    try:
        document = documents.document_submit(actor=world.engineer, project=world.project, kind=NOTE, body=body)
    except Invalid:
        assert (ledger.size(), Document.objects.count()) == (size, count)
        return
    assert docs.body(document).title == body["title"]
    assert ledger.size() == size + 2
