"""`manage.py demo`: one governed run on real data with a real model, ending in verified PDFs (`make demo`)."""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from governance import keyfiles
from governance.models import Report

MADE_ANEW = ("store", "dvc", "attempts", "keys", "checkpoints", "demo")


class Command(BaseCommand):
    help = "Set a demonstration up in the state folder (replacing an earlier one) and tell its story."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model", choices=("smollm2", "tiny"), default=os.environ.get("MODEL", "smollm2"))

    def handle(self, *args: Any, **options: Any) -> None:
        var = Path(settings.COUNTERSIGN_VAR)
        _clear(var)
        call_command("migrate", verbosity=0)
        from demo import continuity
        from demo.console import Console, Memory
        from demo.hands import PASSWORD
        from demo.story import PEOPLE, Story

        settings.COUNTERSIGN_BACKUPS = [f"{continuity.BACKUP}={continuity.backup(var)}"]  # an operator would list one
        console = Console()
        with Memory() as memory:
            story = Story(options["model"], console, var)
            story.tell()
        code = _verify_ledger()
        seconds = round(time.monotonic() - console.started, 1)
        summary = {
            "seconds": seconds,
            "steps": console.steps,
            "peak_rss_mib": memory.peak_mib,
            **story.summary(),
            "verify_ledger": code,
        }
        target = var / "demo" / "summary.json"
        target.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
        console.write(f"\nDone in {seconds:.0f} s, peak memory {memory.peak_mib} MiB. Summary: {target}")
        console.write(f"Verify a report yourself: countersign verify --root {story.fingerprint} FILE")
        console.write(f"See it all: make run, then sign in as {', '.join(PEOPLE)} with {PASSWORD!r}.")
        if code:
            raise CommandError(f"verify_ledger says {code}")
        if failed := [f"{one}: {one.error}" for one in Report.objects.filter(state=Report.State.FAILED)]:
            raise CommandError(f"{len(failed)} reports could not be made: {'; '.join(failed)}")


def _clear(var: Path) -> None:
    """Remove an earlier demonstration; refuse to touch anything else."""
    keys = list(keyfiles.folder().glob("*.pem"))
    if any(not key.read_bytes().startswith(keyfiles.DEMO_MARK) for key in keys):
        raise CommandError(f"{keyfiles.folder()} holds keys that no demo made; set COUNTERSIGN_VAR to another folder")
    if connection.vendor != "sqlite":
        if connection.introspection.table_names():
            raise CommandError("the database is not empty; give the demo an empty one, or leave DATABASE_URL unset")
        return
    database = Path(str(connection.settings_dict["NAME"]))
    if database.exists() and not keys:
        raise CommandError(f"{database} exists but no demo keys do; set COUNTERSIGN_VAR to another folder")
    for name in MADE_ANEW:
        shutil.rmtree(var / name, ignore_errors=True)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)


def _verify_ledger() -> int:
    try:
        call_command("verify_ledger")
    except SystemExit as left:
        return int(left.code or 0)
    return 0
