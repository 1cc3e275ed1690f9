"""Mail: letters leave from the outbox of notices. Any step may be the last before a crash: nothing is lost.

A letter is claimed, sent, and recorded as sent. Whoever is killed between the last two leaves a letter that is sent a
second time under the same Message-ID, which mail programs show once: at least once, never less.
"""

import logging
import threading
import uuid
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.template.loader import render_to_string
from django.utils import timezone

from governance import notice_kinds, store
from governance.models import Notice, Report
from governance.services import notices

log = logging.getLogger(__name__)
IDLE = 2.0  # seconds between looks at the outbox
REST = 60.0  # seconds after the mail server was not to be had
AT_ONCE = 50  # letters a step
LARGEST = 8 * 1024 * 1024  # bytes of a receipt that is enclosed: mail servers refuse much more


class Unreachable(Exception):
    """The mail server is not to be had: the other letters need not try."""


class Postman:
    """Sends what is due."""

    def run(self, leaving: threading.Event) -> None:
        """Send until told to leave. Faults are logged, never fatal."""
        while not leaving.is_set():
            rest = IDLE
            try:
                if self.step() == 0:
                    connection.close()  # an idle thread holds no connection
            except Unreachable as problem:
                log.warning("no mail leaves: %s; it waits", problem)
                rest = REST
            except Exception:
                log.exception("a round of mail failed; it will be tried again")
                connection.close()
                rest = REST
            leaving.wait(rest)
        connection.close()

    def step(self) -> int:
        """Send the letters that are due and return how many left.

        Raises:
            Unreachable: the mail server could not be reached; the letters wait.
        """
        due = notices.letters_due(timezone.now(), AT_ONCE)
        if not due:
            return 0
        server = get_connection()
        try:
            server.open()
        except Exception as problem:
            raise Unreachable(f"{type(problem).__name__}: {problem}") from problem
        try:
            return sum(self._send(letter, server) for letter in due)
        finally:
            server.close()

    def _send(self, letter: uuid.UUID, server: BaseEmailBackend) -> int:
        content = notices.claim(letter, timezone.now())
        if not content:
            return 0  # another worker has it, or it was put away meanwhile
        made = compose(letter, content)
        made.connection = server
        try:
            made.send()
        except Exception as problem:  # noqa: BLE001  (whatever the backend raises, the letter waits)
            log.warning("letter %s did not leave: %s", letter, problem)
            attempts = max(notice.attempts for notice in content)
            notices.failed(letter, attempts, f"{type(problem).__name__}: {problem}", timezone.now())
            server.close()  # it may be broken; the next letter opens it anew
            return 0
        notices.sent(letter, timezone.now())
        return 1


def compose(letter: uuid.UUID, content: Sequence[Notice]) -> EmailMultiAlternatives:
    """Return the e-mail that carries the notices, in plain text and in plain HTML, with the receipts they tell of."""
    only = content[0] if len(content) == 1 else None
    base = settings.COUNTERSIGN_URL
    context = {"notices": content, "person": content[0].to, "base": base}
    made = EmailMultiAlternatives(
        subject=f"[Countersign] {only.subject if only else f'{len(content)} notices'}",
        body=render_to_string("governance/mail/notices.txt", context),
        to=[content[0].to.email],
        headers={
            "Message-ID": f"<{letter}@{urlsplit(base).hostname or 'countersign'}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834 section 5: out-of-office programs do not answer
        },
        alternatives=[(render_to_string("governance/mail/notices.html", context), "text/html")],
    )
    for name, file in _receipts(content):
        made.attach(name, file, "application/pdf")
    return made


def _receipts(content: Sequence[Notice]) -> Iterator[tuple[str, bytes]]:
    """Yield the sealed receipts that the notices tell of, unless one is too large for a mailbox or was altered."""
    about = [notice.about.removeprefix("report:") for notice in content if notice.kind == notice_kinds.RECEIPT]
    for report in Report.objects.filter(pk__in=about, state=Report.State.READY).exclude(signature=None):
        if (report.file_size or 0) > LARGEST:
            continue
        try:
            yield f"countersign-receipt-{report.pk}.pdf", store.read(report.file_sha256)
        except (store.BytesMissing, store.BytesCorrupt) as problem:
            log.error("receipt %s is not enclosed: %s", report.pk, problem)
