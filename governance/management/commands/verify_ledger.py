"""`manage.py verify_ledger`: does the database hold together, and with the checkpoints that left it?

Exit codes: 0 it holds, 1 it does not (every problem names its place), 2 it could not be checked.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from governance.anchors import home
from governance.proof.checks.outcome import COULD_NOT_CHECK
from governance.selectors.verification import LedgerVerification, NothingToVerify, verify

QUIET_SECONDS = 1.0


class Command(BaseCommand):
    help = "Recompute the ledger's tree and compare every governed row with its leaf, both ways."
    requires_system_checks: list[str] = []  # a broken installation is what this command is for

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--root", metavar="FINGERPRINT", help="the root key's fingerprint as published")
        parser.add_argument(
            "--checkpoint",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="a checkpoint kept elsewhere, or a folder of them; may be given again",
        )
        parser.add_argument(
            "--since",
            type=Path,
            metavar="FILE",
            help="a checkpoint kept elsewhere after a verification that held: check what came after it",
        )
        parser.add_argument(
            "--hash-files",
            action="store_true",
            help="also hash every file that documents name, and judge anew what passkeys' devices said of themselves",
        )
        parser.add_argument(
            "--processes",
            type=int,
            default=os.cpu_count() or 1,
            help="how many share the work (default: one per processor)",
        )
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            files = [*_notes(home()), *(path for given in options["checkpoint"] for path in _given(given))]
            outcome = verify(
                checkpoints=files,
                since=options["since"],
                fingerprint=options["root"],
                hash_files=options["hash_files"],
                processes=options["processes"],
                progress=self._progress(),
            )
        except (NothingToVerify, DatabaseError, OSError) as problem:
            if options["json"]:
                self.stdout.write(json.dumps({"code": COULD_NOT_CHECK, "problem": str(problem)}))
            self.stderr.write(f"could not check: {problem}")
            sys.exit(COULD_NOT_CHECK)
        if options["json"]:
            self.stdout.write(json.dumps(outcome.as_dict(), indent=2))
        else:
            self._print(outcome)
        sys.exit(outcome.code)

    def _print(self, outcome: LedgerVerification) -> None:
        for check in outcome.checks:
            self.stdout.write(f"{'holds' if check.holds else 'DOES NOT HOLD':14}{check.name}: {check.detail}")
            for problem in check.problems:
                self.stdout.write(f"    {problem}")
            if check.count > len(check.problems):
                self.stdout.write(f"    … and {check.count - len(check.problems):,} more")
            for remark in check.remarks:
                self.stdout.write(f"    look at {remark}")
        done = f"{outcome.size:,} entries" if not outcome.since else f"entries {outcome.since:,} to {outcome.size:,}"
        self.stdout.write(f"{done} in {outcome.seconds:.1f} s")
        self.stdout.write(f"root:             {outcome.root}")
        self.stdout.write(f"root fingerprint: {outcome.fingerprint}")

    def _progress(self) -> Any:
        started = time.monotonic()

        def tell(done: int, size: int) -> None:
            seconds = time.monotonic() - started
            if seconds > QUIET_SECONDS:
                self.stderr.write(f"{done:,} of {size:,} entries ({done / seconds:,.0f} a second)")

        return tell


def _notes(place: Path) -> list[Path]:
    return sorted(place.glob("*.checkpoint")) if place.is_dir() else []


def _given(path: Path) -> list[Path]:
    """Return the checkpoint files that were named. FileNotFoundError when there are none."""
    found = _notes(path) if path.is_dir() else [path]
    if not found or not all(p.is_file() for p in found):
        raise FileNotFoundError(f"there is no checkpoint at {path}")
    return found
