"""`manage.py backup`: the database as of one moment and the files that belong to it, into a new folder."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.readable import file_size
from governance.safekeeping import NoBackup, take
from governance.selectors.keys import root_fingerprint
from governance.services.safekeeping import backup_recorded


class Command(BaseCommand):
    help = "Back the installation up while it runs. Private keys are not part of it: keep them apart, encrypted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="where to: a new or empty folder, better on another disk")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            manifest, digest = take(options["folder"], fingerprint=root_fingerprint(), at=timezone.now())
        except (NoBackup, OSError) as problem:
            raise CommandError(f"no backup was made: {problem}") from problem
        backup_recorded(manifest=manifest, digest=digest)
        self.stdout.write(
            f"{len(manifest.files)} files, {file_size(manifest.bytes)}, of {manifest.size} ledger entries.\n"
            f"Manifest {digest}: keep this line elsewhere.\n"
            f"Next: manage.py check_backup {options['folder']}"
        )
