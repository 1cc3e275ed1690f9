"""`manage.py rebuild_indexes`: write the look-up tables anew from documents and leaves."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.selectors.documents import DocumentCorrupt
from governance.selectors.ledger import LeafCorrupt
from governance.services.indexes import rebuild


class Command(BaseCommand):
    help = "Write series, references and the ledger's look-ups anew from the documents and leaves they derive from."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = rebuild()
        except (LeafCorrupt, DocumentCorrupt, ValueError) as problem:
            raise CommandError(f"{problem}; nothing was changed: run manage.py verify_ledger") from problem
        ledger = f"{made.events:,} events, {made.subjects:,} subjects"
        self.stdout.write(f"{ledger}, {made.series:,} series, {made.references:,} references")
