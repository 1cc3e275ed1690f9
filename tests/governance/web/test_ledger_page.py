"""The Ledger page on witnesses, and the proof that an entry's page gives away."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance import keyfiles
from governance.jobs.courier import Courier
from governance.models import User
from governance.proof.checks.kept_checkpoints import Consistency
from governance.proof.checks.proof_file import verify_proof
from governance.proof.formats.add_checkpoint import AddCheckpoint
from governance.proof.formats.checkpoint import Checkpoint as TreeHead
from governance.proof.formats.checkpoint import sign_checkpoint
from governance.proof.formats.note import VerifierKey
from governance.selectors import ledger
from governance.selectors.keys import keyring, log_vkey
from governance.services import checkpoints, people
from tests.governance.web.world import World
from tests.support.witnesses import Running


@pytest.fixture
def page(world: World, as_: Callable[[User], Client]) -> Callable[..., str]:
    def read(name: str = "ledger", *arguments: object, status: int = 200) -> str:
        answer = as_(world.auditor).get(reverse(name, args=arguments))
        assert answer.status_code == status
        return answer.content.decode()

    return read


def watch(settings, folder: Path, *names: str) -> list[Running]:
    made = [Running(folder / name, VerifierKey.from_text(log_vkey()), name=name) for name in names]
    settings.COUNTERSIGN_WITNESSES = [f"{witness.key.text()} {witness.url}" for witness in made]
    return made


def test_without_witnesses_the_page_says_what_that_means(page) -> None:
    shown = page()
    assert "Nobody outside is asked to cosign" in shown
    assert log_vkey() in shown


def test_who_follows_and_who_does_not(page, settings, tmp_path: Path) -> None:
    one, two = watch(settings, tmp_path, "witness.test/w1", "witness.test/w2")
    settings.COUNTERSIGN_WITNESS_QUORUM = 1
    two.stop()
    assert "not witnessed" in page()
    checkpoint = checkpoints.checkpoint_make()
    Courier().step()
    one.stop()
    shown = page()
    assert f"cosigned the first {checkpoint.size} of " in shown
    assert ("follows" in shown, "does not follow" in shown, "Cannot be reached" in shown) == (True, True, True)
    assert 'role="alert"' not in shown


def test_another_history_is_said_aloud(page, settings, tmp_path: Path) -> None:
    [witness] = watch(settings, tmp_path, "witness.test/w1")
    origin = keyring().origin
    forged = sign_checkpoint(TreeHead(origin, 3, bytes(32)), origin, keyfiles.signer("log"))
    witness.submit(AddCheckpoint(0, (), forged))
    checkpoints.checkpoint_make()
    Courier().step()
    witness.stop()
    shown = page()
    assert 'role="alert"' in shown
    assert "A witness holds another history of this ledger" in shown
    # Also for those who turn witnesses off to be rid of it.
    settings.COUNTERSIGN_WITNESSES = []
    assert "A witness holds another history of this ledger" in page()


def test_queries_do_not_grow_with_witnesses_or_checkpoints(page, settings, tmp_path: Path, world: World) -> None:
    def count() -> int:
        page()
        with CaptureQueriesContext(connection) as queries:
            page()
        return len(queries)

    made = watch(settings, tmp_path, "witness.test/w1")
    checkpoints.checkpoint_make()
    Courier().step()
    before = count()
    made += watch(settings, tmp_path, "witness.test/w2", "witness.test/w3")
    settings.COUNTERSIGN_WITNESSES = [f"{witness.key.text()} {witness.url}" for witness in made]
    for number in range(3):
        people.project_create(actor=world.owner, name=f"Project {number}")
        checkpoints.checkpoint_make()
        Courier().step()
    for witness in made:
        witness.stop()
    assert count() == before


def test_an_entry_gives_its_proof(page, world: World, as_: Callable[[User], Client]) -> None:
    link = reverse("ledger-proof", args=[2])
    assert link not in page("ledger-entry", 2)
    page("ledger-proof", 2, status=404)
    checkpoints.checkpoint_make()
    assert link in page("ledger-entry", 2)
    answer = as_(world.auditor).get(link)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="entry-2.tlog-proof"'
    assert verify_proof(answer.content, log_vkey()).code == 0
    assert as_(world.engineer).get(link).status_code == 403


def test_the_proof_that_a_report_goes_on_from_a_kept_checkpoint(
    page, world: World, as_: Callable[[User], Client]
) -> None:
    size, link = ledger.size(), reverse("ledger-consistency")
    assert f'action="{link}"' in page()
    answer = as_(world.auditor).get(link, {"old": 3, "new": size})
    assert answer.headers["Content-Disposition"] == f'attachment; filename="3-{size}.consistency.json"'
    found = Consistency.from_bytes(answer.content)
    found.verify()
    assert (found.old_root, found.new_root) == (ledger.root(3).hex(), ledger.root(size).hex())
    for asked, words in (
        ({"old": 3, "new": size + 1000}, "and new at most"),
        ({"old": 4, "new": 3}, "expected old at most new"),
        ({"old": "x", "new": ""}, "whole number"),
    ):
        answer = as_(world.auditor).get(link, asked)
        assert (answer.status_code, words in answer.content.decode()) == (400, True)
        assert "<details open>" in answer.content.decode()
    assert as_(world.engineer).get(link, {"old": 3, "new": size}).status_code == 403
