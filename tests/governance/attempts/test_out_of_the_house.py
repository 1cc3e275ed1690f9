"""Checkpoints and mail leave by real processes, on both databases: worker and witness are killed, nothing is lost.

The worker, the witness, openssl behind the time-stamp authority and the mail server share nothing with each other but
the loopback interface; only what is looked at in the end is read from the database.
"""

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from client.witness import folder as place
from governance.anchors.timestamp import TimeStamps
from governance.models import Checkpoint, Cosignature, Delivery, Document, Notice, Report
from governance.proof.formats.note import VerifierKey
from governance.selectors import anchors, ledger, presentation
from governance.selectors.keys import log_vkey
from governance.services import documents, notices, signing, signoff
from tests.support import papers
from tests.support.authority import Authority, openssl
from tests.support.mail_server import MailServer, mail_server
from tests.support.ports import free_port, wait_until
from tests.support.story import PASSWORD, REASON
from tests.support.witnesses import NAME, start_process

pytestmark = pytest.mark.crash


class Outside:
    """Everybody that an installation talks to: a witness, a time-stamp authority, a mail server, a mounted share."""

    def __init__(self, folder: Path, log: str, authority: Authority, mail: MailServer) -> None:
        self.folder, self.authority, self.mail = folder, authority, mail
        self.share = folder / "share"
        [self.key] = place.make(folder / "witness", NAME, quantum_safe=False)
        place.store(folder / "witness").trust(VerifierKey.from_text(log))
        self._port = free_port()
        self.start_witness()

    @property
    def env(self) -> dict[str, str]:
        return {
            "COUNTERSIGN_CHECKPOINT_SECONDS": "1",
            "COUNTERSIGN_WITNESSES": f"{self.key.text()} http://127.0.0.1:{self._port}",
            "COUNTERSIGN_ANCHOR_FOLDERS": str(self.share),
            "COUNTERSIGN_TIMESTAMP_URL": self.authority.url,
            "COUNTERSIGN_TIMESTAMP_ROOT": str(self.authority.root),
            "COUNTERSIGN_TIMESTAMP_SECONDS": "0",
            "EMAIL_URL": self.mail.url,
        }

    def start_witness(self) -> None:
        self._witness, _ = start_process(self.folder / "witness", self.folder / "witness.log", port=self._port)

    def kill_witness(self) -> None:
        self._witness.kill()
        self._witness.wait(10)


@contextmanager
def outside(folder: Path) -> Iterator[Outside]:
    authority = Authority(folder / "authority")
    try:
        with mail_server() as mail:
            made = Outside(folder, log_vkey(), authority, mail)
            try:
                yield made
            finally:
                made.kill_witness()
    finally:
        authority.stop()


def act(site, title: str) -> Document:
    """Something that the ledger tells of."""
    body = papers.rubric() | {"title": title}
    return documents.document_submit(
        actor=site.story.people["expert"], project=site.story.project, kind="evals.rubric", body=body
    )


def task_due_soon(site) -> None:
    """A signature under a condition that somebody with a mailbox must meet in three days."""
    engineer, officer = site.story.people["engineer"], site.story.people["officer"]
    engineer.email = "engineer@example.test"
    engineer.save(update_fields=["email"])
    request = signoff.request_open(actor=engineer, documents=[act(site, "with a task")])
    task = signing.condition(
        kind="task", text="Label ten more cases", owner=engineer, due=timezone.now() + timedelta(days=3)
    )
    signing.sign(
        actor=officer,
        request=request,
        role="compliance_officer",
        meaning="I approve this for use.",
        reason=REASON,
        password=PASSWORD,
        conditions=[task],
        opened=[document.digest for document in presentation.subjects(request)],
    )


def settled(there: Outside, *, witnessed: bool = True) -> bool:
    """Whether the ledger's very end has left by every way, and no report is waited for."""
    size = ledger.size()
    if Report.objects.filter(state=Report.State.REQUESTED).exists():
        return False
    gone = Delivery.objects.filter(checkpoint_id=size, outcome=Delivery.Outcome.DELIVERED)
    kept = gone.filter(target=f"folder {there.share}").exists() and anchors.time_stamp(size) is not None
    return kept and (not witnessed or Cosignature.objects.filter(checkpoint_id=size).exists())


def wait_settled(there: Outside, *, witnessed: bool = True) -> None:
    wait_until(lambda: settled(there, witnessed=witnessed), what="the newest checkpoint's ways", seconds=90)


def letters(there: Outside, words: str) -> list[str]:
    """The Message-IDs of the letters whose subject says so, in the order in which they came."""
    return [str(letter["Message-ID"]) for letter in there.mail.letters if words in str(letter["Subject"])]


def test_by_itself_the_worker_has_checkpoints_cosigned_kept_and_stamped_and_mails_what_is_due(
    each_site, tmp_path
) -> None:
    site = each_site
    task_due_soon(site)
    with outside(tmp_path) as there:
        worker = site.deployment.start_worker(**there.env)
        wait_settled(there)
        wait_until(lambda: bool(letters(there, "A task is due")), what="the letter")
        before = Checkpoint.objects.count()

        # The witness dies; everything else goes on, and the witness catches up when it is back.
        there.kill_witness()
        act(site, "while the witness is away")
        wait_settled(there, witnessed=False)
        missed = ledger.size()
        assert Checkpoint.objects.count() > before
        assert not Cosignature.objects.filter(checkpoint_id=missed).exists()
        there.start_witness()
        wait_settled(there)
        assert "cosigned" not in site.deployment.logs()["worker"]  # nothing was doubted

        # The worker dies between a time stamp that was given and the record of it, then at any moment.
        killed: list[int] = []

        def ambush() -> None:
            if not killed:
                killed.append(worker.pid)
                os.kill(worker.pid, signal.SIGKILL)

        there.authority.on_answer = ambush
        act(site, "whose stamp is lost")
        worker.process.wait(60)
        assert worker.process.returncode == -signal.SIGKILL
        asked = there.authority.asked
        worker = site.deployment.start_worker(**there.env)
        wait_settled(there)
        assert there.authority.asked > asked
        draw = random.Random(20261126)
        for number in range(6):
            act(site, f"kill {number}")
            time.sleep(draw.uniform(0.3, 2.5))
            worker.kill()
            worker = site.deployment.start_worker(**there.env)
        wait_settled(there)

        # The worker dies between a letter that the mail server took and the record of it.
        with_receipt = len(there.mail.letters)
        there.mail.on_letter = lambda: os.kill(worker.pid, signal.SIGKILL)
        keep_notice(site)
        worker.process.wait(60)
        there.mail.on_letter = lambda: None
        Notice.objects.filter(sent_at=None).exclude(next_at=None).update(next_at=timezone.now())  # the lease is over
        worker = site.deployment.start_worker(**there.env)
        wait_until(lambda: not Notice.objects.filter(sent_at=None).exclude(next_at=None).exists(), what="the letter")
        wait_settled(there)
        assert worker.stop() == 0
        assert len(there.mail.letters) == with_receipt + 2
        assert len(set(letters(there, "Only once"))) == 1
        assert len(letters(there, "A task is due")) == 1
        nothing_lost_nothing_doubled(site, there)


def keep_notice(site) -> None:
    notices.keep(
        [site.story.people["engineer"]], "comment", about="x:1", subject="Only once", text="Text", link="/",
        at=timezone.now(),
    )  # fmt: skip


def nothing_lost_nothing_doubled(site, there: Outside) -> None:
    """What was made, what left, and what the others hold agree, and the ledger stands."""
    gone = Delivery.objects.filter(outcome=Delivery.Outcome.DELIVERED).values_list("target", "checkpoint_id")
    assert [row for row, count in Counter(gone).items() if count > 1] == []
    told = Notice.objects.values_list("to", "kind", "about", "occasion")
    assert len(told) == len(set(told))
    newest = Checkpoint.objects.order_by("-size")[0]
    assert (there.share / f"{newest.size:012d}.checkpoint").read_text().startswith(newest.note)
    store = place.store(there.folder / "witness")
    held = store.newest(log_vkey().split("+")[0])
    assert held is not None
    assert held.startswith(newest.note.rpartition("\n\n")[0])
    assert store.refused(log_vkey().split("+")[0]) == []
    note, token = there.folder / "note", there.folder / "token"
    note.write_text(newest.note)
    token.write_bytes(anchors.time_stamp(newest.size) or b"")
    said = openssl("ts", "-verify", "-in", token, "-data", note, "-CAfile", there.authority.root)
    assert b"Verification: OK" in said
    done = site.deployment.manage("verify_ledger", "--checkpoint", str(there.share), check=False, **there.env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert TimeStamps(there.authority.url, (), 0).name in {target for target, _ in gone}
