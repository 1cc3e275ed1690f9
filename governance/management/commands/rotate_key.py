"""`manage.py rotate_key`: put a new key in the place of one, under a new keyring."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import CountersignError
from governance.proof.formats.keys import PURPOSES, KeyMaterialError
from governance.services import keys


class Command(BaseCommand):
    help = "Make (or fetch) a new key for a purpose, publish the keyring that puts it in use, retire the old one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("purpose", choices=PURPOSES)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = keys.rotate(purpose=options["purpose"])
        except (CountersignError, KeyMaterialError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"keyring {done.number}: the {options['purpose']} key is {done.key.keyid}")
        for words in done.left:
            self.stdout.write(words)
        if options["purpose"] == "root":
            self.stdout.write(f"root fingerprint: {done.key.fingerprint}")
            self.stdout.write("Publish it beside the old one, from which verifiers can follow, and take root.pem away.")
        else:
            self.stdout.write("Take the root key away again.")
