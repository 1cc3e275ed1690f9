"""`manage.py launch`: put a run or evaluation before the gate, for those who administer the server.

The same service as page, API and command line: it asks the same checks of the named person and records a refusal.

Exit: 0 launched or armed, 1 refused, 2 wrong input (no such person or document, nothing to launch).
"""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from governance.errors import CountersignError, NotFound, Refused
from governance.job_states import JobState
from governance.models import User
from governance.selectors import documents as docs
from governance.services import jobs

LAUNCHED, REFUSED, WRONG = 0, 1, 2


class Command(BaseCommand):
    help = "Launch a run or evaluation specification as a person who may."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("spec", help="digest of the specification (sha256:…)")
        parser.add_argument("--user", required=True, metavar="USERNAME", help="who launches: the gate asks their roles")
        parser.add_argument("--arm", action="store_true", help="start by itself when the last check turns green")

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(self._launch(options["spec"], options["user"], arm=options["arm"]))

    def _launch(self, spec: str, username: str, *, arm: bool) -> int:
        try:
            actor = User.objects.filter(username=username, is_active=True).first()
            if actor is None:
                raise NotFound(f"there is no active person called {username!r}")
            job = jobs.launch(actor=actor, spec=docs.get(actor, spec), arm=arm)
        except Refused as refusal:
            self.stderr.write(f"Refused, and recorded on the ledger: {len(refusal.findings)} checks stand in the way.")
            for finding in refusal.findings:
                self.stderr.write(f"- {finding}")
            return REFUSED
        except CountersignError as problem:
            self.stderr.write(f"{problem}")
            return WRONG
        self.stdout.write(f"{job.pk} {JobState(job.state).label}")
        return LAUNCHED
