"""`manage.py set_up`: make the keys and found the organisation with its first two people."""

import getpass
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import CountersignError
from governance.services.installation import Person, set_up


class Command(BaseCommand):
    help = "Make the keys, found the organisation, enrol its first owner and compliance officer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", required=True)
        for who in ("owner", "officer"):
            parser.add_argument(f"--{who}", required=True, metavar="USERNAME")
            parser.add_argument(f"--{who}-name", required=True, metavar="PRINTED_NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        people = [
            Person(options[who], options[f"{who}_name"], _password(who, options[who])) for who in ("owner", "officer")
        ]
        try:
            fingerprint = set_up(organisation=options["organisation"], owner=people[0], officer=people[1], demo=False)
        except CountersignError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"root fingerprint: {fingerprint}")
        self.stdout.write("Publish it where your auditors find it without this server, and keep root.pem off line.")


def _password(who: str, username: str) -> str:
    given = os.environ.get(f"COUNTERSIGN_{who.upper()}_PASSWORD")
    return given if given is not None else getpass.getpass(f"Password for {username} (the {who}): ")
