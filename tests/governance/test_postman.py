"""Mail leaves once, waits while there is no server, and survives the death of who sends it."""

import os
import signal
import threading
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from governance import store
from governance.access import OWNER
from governance.jobs.postman import Postman, Unreachable
from governance.models import Notice, Report
from governance.services import notices, reports
from tests.governance.test_notices import address, keep
from tests.support.mail_server import mail_server

HOUR = timedelta(hours=1)


def test_a_letter_leaves_once_with_a_link_and_no_markup(world, settings) -> None:
    settings.COUNTERSIGN_URL = "https://sign.example.test"
    address(world.owner)
    keep(world.owner, subject="About <b>", text="Read <script>", link="/requests/1/")
    assert Postman().step() == 1
    assert Postman().step() == 0
    (letter,) = mail.outbox
    notice = Notice.objects.get(about="x:1")
    assert letter.to == ["owner@example.test"]
    assert letter.subject == "[Countersign] About <b>"
    assert letter.extra_headers["Message-ID"] == f"<{notice.pk}@sign.example.test>"
    assert "https://sign.example.test/requests/1/" in letter.body
    assert "Read <script>" in letter.body
    assert isinstance(letter, mail.EmailMultiAlternatives)
    ((html, kind),) = letter.alternatives
    assert kind == "text/html"
    assert "Read &lt;script&gt;" in str(html)
    assert notice.sent_at is not None
    assert notice.read_at is None


def test_a_digest_gathers_a_day_and_leaves_out_what_was_read(world) -> None:
    address(world.owner)
    notices.choose(actor=world.owner, mode="digest")
    now = timezone.now()
    for number in range(4):
        keep(world.owner, about=f"x:{number}", subject=f"Thing {number}", at=now)
    notices.read(actor=world.owner, notice=Notice.objects.get(about="x:2").pk, at=now)
    assert Postman().step() == 0
    with time_machine.travel(now + 25 * HOUR):
        assert Postman().step() == 1
        assert Postman().step() == 0
    (letter,) = mail.outbox
    assert letter.subject == "[Countersign] 3 notices"
    assert [f"Thing {n}" in letter.body for n in range(4)] == [True, True, False, True]
    assert letter.extra_headers["Message-ID"].startswith(f"<{Notice.objects.get(about='x:0').letter}@")


def test_a_letter_claimed_by_one_worker_is_left_alone_by_others(world) -> None:
    address(world.owner)
    keep(world.owner)
    letter = Notice.objects.get(about="x:1").pk
    assert notices.letters_due(timezone.now(), 10) == [letter]
    assert len(notices.claim(letter, timezone.now())) == 1
    assert notices.claim(letter, timezone.now()) == []
    assert notices.letters_due(timezone.now(), 10) == []
    with time_machine.travel(timezone.now() + notices.LEASE + HOUR):  # whoever claimed it died
        assert Postman().step() == 1


def test_what_is_refused_is_tried_ever_later_and_given_up_in_the_end(world, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    address(world.owner, world.officer)
    keep(world.owner, world.officer)
    with mail_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.place
        server.refuse.add("owner@example.test")
        assert Postman().step() == 1  # the other one leaves all the same
        notice = Notice.objects.get(to=world.owner, about="x:1")
        assert "no such mailbox" in notice.last_error
        waits, due = [], notice.next_at
        while due is not None:
            with time_machine.travel(due + timedelta(seconds=1), tick=False):
                assert Postman().step() == 0
                due = Notice.objects.get(pk=notice.pk).next_at
                if due is not None:
                    waits.append(due - timezone.now())
        notice.refresh_from_db()
        assert notice.attempts == notices.MOST_ATTEMPTS
        assert waits == sorted(waits)
        assert waits[-1] == notices.LONGEST_RETRY
        assert [letter["To"] for letter in server.letters] == ["officer@example.test"]


def test_without_a_server_letters_wait_untouched(world, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with mail_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.place
    address(world.owner)
    keep(world.owner)
    with pytest.raises(Unreachable):
        Postman().step()
    notice = Notice.objects.get(about="x:1")
    assert (notice.attempts, notice.sent_at) == (0, None)
    assert notice.next_at is not None
    assert notice.next_at <= timezone.now()


def test_a_round_that_fails_does_not_end_the_thread(monkeypatch) -> None:
    leaving, rounds = threading.Event(), []

    def step(self) -> int:
        rounds.append(1)
        if len(rounds) == 3:
            leaving.set()
            return 1
        raise Unreachable("away") if len(rounds) == 1 else RuntimeError("broken")

    monkeypatch.setattr(Postman, "step", step)
    monkeypatch.setattr(leaving, "wait", lambda seconds: None)
    Postman().run(leaving)
    assert len(rounds) == 3


MAKE = """
from django.utils import timezone
from governance.models import User
from governance.services import notices
user = User.objects.create(username="olga", printed_name="Olga", email="olga@example.test")
notices.keep([user], "comment", about="x:1", subject="Once", text="Text", link="/", at=timezone.now())
"""
LATER = "from governance.models import Notice; Notice.objects.update(next_at='2026-01-01T00:00:00Z')"
LEFT = "from governance.models import Notice; print([n.sent_at is not None for n in Notice.objects.all()])"


@pytest.mark.crash
def test_a_worker_killed_between_sending_and_recording_loses_nothing(each_deployment) -> None:
    site = each_deployment
    with mail_server() as server:
        site.manage("shell", "-c", MAKE, EMAIL_URL=server.url)
        worker = site.start("killed", "worker", "--once", EMAIL_URL=server.url)
        server.on_letter = lambda: os.kill(worker.pid, signal.SIGKILL)
        worker.process.wait(60)
        assert worker.process.returncode == -signal.SIGKILL
        assert "[False]" in site.manage("shell", "-c", LEFT).stdout
        server.on_letter = lambda: None
        site.manage("worker", "--once", EMAIL_URL=server.url)  # the lease of the dead worker still runs
        assert len(server.letters) == 1
        site.manage("shell", "-c", LATER)
        site.manage("worker", "--once", EMAIL_URL=server.url)
        site.manage("worker", "--once", EMAIL_URL=server.url)
        assert "[True]" in site.manage("shell", "-c", LEFT).stdout
        assert len(server.letters) == 2
        assert len({letter["Message-ID"] for letter in server.letters}) == 1
        assert uuid.UUID(server.letters[0]["Message-ID"].strip("<>").split("@")[0])


def test_a_signer_is_sent_the_receipt_itself(world) -> None:
    address(world.owner)
    signature = world.sign(world.ask(world.note()), world.owner, OWNER)
    report = Report.objects.get(signature=signature)
    reports.sealed(report=report, file=store.put([b"%PDF-1.7 sealed"]))
    Postman().step()
    letter = next(one for one in mail.outbox if "receipt" in one.subject)
    assert letter.to == ["owner@example.test"]
    assert [(a.filename, a.content, a.mimetype) for a in letter.attachments] == [
        (f"countersign-receipt-{report.pk}.pdf", b"%PDF-1.7 sealed", "application/pdf")
    ]


def test_an_altered_receipt_is_not_sent_and_the_letter_still_leaves(world, caplog) -> None:
    address(world.owner)
    signature = world.sign(world.ask(world.note()), world.owner, OWNER)
    entry = store.put([b"%PDF-1.7 sealed"])
    reports.sealed(report=Report.objects.get(signature=signature), file=entry)
    path = store.path_of(entry.sha256)
    path.chmod(0o644)
    path.write_bytes(b"%PDF-1.7 forged")
    Postman().step()
    letter = next(one for one in mail.outbox if "receipt" in one.subject)
    assert letter.attachments == []
    assert "is not enclosed" in caplog.text
