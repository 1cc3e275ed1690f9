"""`manage.py checkpoint`: sign the ledger's head, send it on as the worker would, and print the signed note."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.errors import Refused
from governance.jobs.courier import Courier
from governance.selectors.witnesses import note_of
from governance.services.checkpoints import checkpoint_make


class Command(BaseCommand):
    help = "Sign the ledger's head, take it to witnesses and places that are due, and print the note."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            checkpoint = checkpoint_make()
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        Courier().step()
        self.stdout.write(note_of(checkpoint), ending="")
