"""What a web process keeps of the register of deployments: what was verified, while the ledger begins so."""

from typing import Any

import pytest
from django.utils import timezone

from governance.request_memory import during_request, under_lock
from governance.selectors import beginnings, ledger
from governance.selectors.documents import DocumentCorrupt
from tests.governance import tampering
from tests.support.story import Story
from tests.training.continuity import forged, row
from tests.training.served import happened, serving_release
from training.selectors import deployed, serving
from training.services import deployments


def told(story: Story, size: int | None = None) -> tuple[list[str], list[Any]]:
    """Return what the two questions that are kept answer."""
    services = serving.services([story.project], size)
    return (
        [f"{one.document} {one.serves}" for one in deployed.recorded(size)],
        [(one.title, [record.claims for record in one.records], len(one.events)) for one in services],
    )


@pytest.mark.postgres
@pytest.mark.attack(
    name="alter, add or delete rows of deployments while web processes run",
    caught_by="what was verified is kept by the root of the ledger as it was then, and what came since is read and "
    "confirmed; commands, worker and acts always read",
    unless="it was altered before the process read it, which reading finds",
)
def test_only_what_was_verified_is_kept(story: Story, monkeypatch: Any) -> None:
    monkeypatch.setattr(beginnings, "_kept", type(beginnings._kept)())
    serving_release(story)
    first = ledger.size()
    with during_request():
        before = told(story)
        assert (told(story), len(beginnings._kept)) == (before, 2)
        (desk,) = deployments.register(
            actor=story.people["engineer"], project=story.project, row=row(service="Desk", stated_base="x")
        ).documents
        happened(story, "stopped", timezone.now())
        since = told(story)
        assert [len(one) for one in since] == [2, 2]
        assert told(story, first) == before, "as of a past size it is what it was then"
    fresh = told(story)
    assert fresh == since, "what goes on from what was kept is what is read anew"
    forged(desk, service="Forged")
    with tampering.owner():
        tampering.run("UPDATE governance_document SET content = %s WHERE digest = %s", b"{}", story["service"].digest)
    with during_request():
        assert told(story) == since
        with under_lock(), pytest.raises(DocumentCorrupt):
            told(story)
        # Another history than the one that was read: nothing of it is taken from memory.
        monkeypatch.setattr(beginnings, "_roots", lambda seqs: dict.fromkeys(seqs, bytes(32)))
        with pytest.raises(DocumentCorrupt):
            told(story)
    with pytest.raises(DocumentCorrupt):
        told(story)
