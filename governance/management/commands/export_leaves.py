"""`manage.py export_leaves`: the complete leaf file, one leaf a line, for any auditor.

Each line is a JSON string holding the leaf's bytes in base64, in the order of the ledger. Leaves hold no personal data;
hashed as RFC 6962 says, they lead to the root of a checkpoint of the same size, and so prove what never happened, too.
"""

import json
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.models import LedgerEntry
from governance.proof.formats import merkle
from governance.proof.formats.fields import base64_text
from governance.selectors import ledger


class SupportsWrite(Protocol):
    """Somewhere to write text to."""

    def write(self, text: str, /) -> object:
        """Write the text."""


class Command(BaseCommand):
    help = "Write every leaf of the ledger, one JSON string of base64 a line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="where to write (default: standard output)")
        parser.add_argument("--size", type=int, help="the first SIZE leaves only, such as a checkpoint covers")

    def handle(self, *args: Any, **options: Any) -> None:
        there = ledger.size()
        size = there if options["size"] is None else options["size"]
        if not 0 <= size <= there:
            raise CommandError(f"found size {size}, expected 0 to {there}: the ledger holds no more")
        path: Path | None = options["file"]
        if path is None:
            self._write(self.stdout, size)
            return
        scratch = path.with_name(f".{path.name}.new")
        try:
            with scratch.open("w", encoding="ascii") as file:
                self._write(file, size)
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
        self.stderr.write(f"{size:,} leaves, root {ledger.root(size).hex()}")

    def _write(self, file: SupportsWrite, size: int) -> None:
        rows = LedgerEntry.objects.filter(seq__lt=size).order_by("seq").values_list("seq", "leaf", "leaf_hash")
        for number, (seq, content, digest) in enumerate(rows.iterator(chunk_size=1000)):
            if number != seq or merkle.leaf_hash(bytes(content)) != bytes(digest):
                raise CommandError(f"entry {number} is missing or altered; run manage.py verify_ledger")
            file.write(json.dumps(base64_text(bytes(content))) + "\n")
