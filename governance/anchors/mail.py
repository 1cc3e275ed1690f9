"""Checkpoints by e-mail, in people's mailboxes and archives."""

from dataclasses import dataclass

from django.core.mail import EmailMessage

from governance.anchors import Departure, Undelivered

BODY = """The ledger {origin} had {size} entries. The attached file is its signed checkpoint.

Keep this mail. If somebody later rewrites the ledger or cuts off its end, this file shows it:

    manage.py verify_ledger --checkpoint {file}
"""


@dataclass(frozen=True)
class Mail:
    """Addresses that get the checkpoint as an attachment. No address stands in the name: records are never erased."""

    addresses: tuple[str, ...]
    every: int
    name: str = "e-mail"
    for_reports: bool = False
    proves: str = "that the ledger was so when the mail arrived, as far as its receivers keep and believe it"

    def deliver(self, departure: Departure) -> bytes:
        """Send one mail to all."""
        mail = EmailMessage(
            subject=f"Checkpoint of {departure.origin}: {departure.size} entries",
            body=BODY.format(origin=departure.origin, size=departure.size, file=departure.file_name),
            to=list(self.addresses),
        )
        mail.attach(departure.file_name, departure.note.encode(), "application/octet-stream")
        try:
            mail.send()
        except OSError as problem:  # smtplib's errors are among them
            raise Undelivered(f"the mail server did not take it: {problem}") from problem
        return b""
