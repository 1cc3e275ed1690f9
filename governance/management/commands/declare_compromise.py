"""`manage.py declare_compromise`: from a moment on, what a key signed proves nothing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import CountersignError
from governance.proof.formats.fields import moment
from governance.proof.formats.keys import PURPOSES
from governance.services import keys


class Command(BaseCommand):
    help = "Declare that somebody else may have had a key since a moment. Needs the root key."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("purpose", choices=PURPOSES)
        parser.add_argument("--key", required=True, metavar="KEYID", help="as the page Keys and the keyring name it")
        parser.add_argument("--since", required=True, metavar="TIME", help="in UTC, such as 2026-11-22T02:21:39Z")
        parser.add_argument("--reason", required=True, help="what happened; kept outside the ledger's leaves, erasable")

    def handle(self, *args: Any, **options: Any) -> None:
        purpose, keyid = options["purpose"], options["key"].removeprefix("sha256:")
        try:
            since = moment(options["since"])
            ring = keys.declare_compromise(purpose=purpose, keyid=keyid, since=since, reason=options["reason"])
        except (CountersignError, ValueError) as problem:
            raise CommandError(str(problem)) from problem
        entry = ring.entry(keyid)
        size = entry.compromised_since if entry else ""
        self.stdout.write(f"keyring {ring.number}: the {purpose} key {keyid} is compromised since ledger size {size}")
        self.stdout.write(f"Now bring a new key: manage.py rotate_key {purpose}. Then take the root key away again.")
        self.stdout.write("What fell is on the page Keys. Hand the new keyrings to whoever verifies reports.")
