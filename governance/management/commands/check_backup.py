"""`manage.py check_backup`: does a backup hold, restored into a scratch database and held against the live ledger?

Exit codes: 0 it holds, 1 it does not (every problem names its place), 2 it could not be checked.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from governance.proof.checks.outcome import COULD_NOT_CHECK, DOES_NOT_HOLD
from governance.safekeeping import Manifest, NoBackup, faults, read, restored
from governance.selectors.keys import root_fingerprint
from governance.selectors.safekeeping import recorded, trouble
from governance.services.safekeeping import check_recorded

MOST = 20


class Command(BaseCommand):
    help = "Restore a backup into a scratch database, verify its ledger and files, and compare it with the live ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="a folder that manage.py backup wrote")
        parser.add_argument("--manifest", help="the digest you kept, where this ledger does not tell of the backup")

    def handle(self, *args: Any, **options: Any) -> None:
        place: Path = options["folder"]
        try:
            manifest, digest = read(place)
            problems = list(_problems(place, manifest, known=recorded(digest) or digest == options["manifest"]))
        except (NoBackup, DatabaseError, OSError) as problem:
            self.stderr.write(f"could not check: {problem}")
            sys.exit(COULD_NOT_CHECK)
        check_recorded(manifest=manifest, digest=digest, holds=not problems)
        for said in problems[:MOST]:
            self.stdout.write(f"DOES NOT HOLD  {said}")
        if len(problems) > MOST:
            self.stdout.write(f"… and {len(problems) - MOST} more")
        if problems:
            sys.exit(DOES_NOT_HOLD)
        self.stdout.write(
            f"holds: {len(manifest.files)} files as in the manifest; the restored ledger of {manifest.size} entries is "
            f"sound and a beginning of this one\nManifest {digest}"
        )


def _problems(place: Path, manifest: Manifest, *, known: bool) -> Iterator[str]:
    """Yield what does not hold: files, where it stands to the live ledger and, if all that holds, restored, by itself.

    A dump is a program that the database carries out: one that was not made here, or was changed, is never restored.
    """
    problems = list(faults(place, manifest))
    if manifest.root_fingerprint != root_fingerprint():
        problems.append(f"it is of an installation with root fingerprint {manifest.root_fingerprint}, not of this one")
    elif apart := trouble(manifest):
        problems.append(apart)
    elif not known:
        problems.append("this ledger tells of no backup with its manifest; give the digest you kept with --manifest")
    yield from problems or _restored(place, manifest)


def _restored(place: Path, manifest: Manifest) -> Iterator[str]:
    scratch = tempfile.TemporaryDirectory(prefix="countersign-check-")
    with scratch as folder, restored(place, manifest, Path(folder) / "var") as environment:
        command = [sys.executable, "manage.py", "verify_ledger", "--json", "--hash-files", "--processes", "1"]
        done = subprocess.run(  # our own command
            [*command, "--root", root_fingerprint()],
            cwd=settings.BASE_DIR,
            env={**os.environ, **environment, "COUNTERSIGN_ANCHOR_FOLDERS": ""},
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        told = json.loads(done.stdout)
    except ValueError as error:
        raise NoBackup(f"its ledger could not be verified: {done.stderr.strip()[-500:]}") from error
    if told["code"] == COULD_NOT_CHECK:
        yield f"its ledger: {told['problem']}"
        return
    for check in told["checks"]:
        if not check["ok"]:
            first = check["problems"][0] if check["problems"] else {"place": "", "problem": check["detail"]}
            yield f"restored, {check['name']}: {first['place']} {first['problem']}".rstrip()
    if (told["size"], told["root"]) != (manifest.size, manifest.root):
        yield f"restored, the ledger has {told['size']} entries and root {told['root']}, the manifest says otherwise"
