"""`manage.py checkpoint`: sign the ledger's head and print the signed note."""

from typing import Any

from django.core.management.base import BaseCommand

from governance.services.checkpoints import checkpoint_make


class Command(BaseCommand):
    help = "Sign the ledger's head, keep the note in the checkpoints folder, and print it."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(checkpoint_make().note, ending="")
