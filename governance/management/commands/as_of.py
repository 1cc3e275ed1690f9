"""`manage.py as_of`: what was in force at a moment, by whom, under which policy."""

import json
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import CountersignError


class Command(BaseCommand):
    help = (
        "Tell what was in force at TIME (ISO 8601; UTC where it says nothing). "
        "Exit code 0; with --document 0 if it was in force and 1 if not; 2 for wrong input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("time", help="such as 2026-11-26T12:00:00Z")
        parser.add_argument("--since", help="an earlier moment: tell what changed between the two")
        parser.add_argument("--project", help='short name of a project, or "shelf"')
        parser.add_argument("--document", help="digest of one document")
        parser.add_argument("--all", action="store_true", help="also what was not in force")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        from governance.api.as_of import AsOfOut, answer

        asked: dict[str, Any] = {name: options[name] for name in ("project", "document", "all")}
        try:
            asked |= {name: _time(options[name]) for name in ("time", "since") if options[name]}
            found = AsOfOut(answer(None, **asked)).data
        except (ValueError, CountersignError) as problem:
            raise CommandError(str(problem), returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False, default=str))
        else:
            self._table(found)
        if options["document"] and not any(row["in_force"] for row in found["documents"]):
            raise SystemExit(1)

    def _table(self, found: Any) -> None:
        covered = found["checkpoint"]
        self.stdout.write(f"As of {found['time']}: ledger size {found['ledger_size']}, root {found['root']}")
        cover = f"Covered by the checkpoint of size {covered['size']}" if covered else "No checkpoint covers it yet"
        self.stdout.write(cover)
        if found["policy"]:
            self.stdout.write(f"Governed by {found['policy']['title']} v{found['policy']['number']}")
        for row in found["documents"]:
            signers = ", ".join(f"{s['printed_name']} ({s['role']}, {s['method']})" for s in row["signers"])
            self.stdout.write(
                "\t".join(
                    (
                        row["digest"],
                        f"{row['title']} v{row['number']}",
                        row["standing"],
                        str(row["since"] or ""),
                        str(row["until"] or ""),
                        signers,
                        row["policy"]["digest"] if row["policy"] else "",
                    )
                )
            )
        for row in found["changes"] or ():
            self.stdout.write(f"changed\t{row['digest']}\t{row['title']} v{row['number']}\t{row['why']}")


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
