"""`manage.py retention`: what is past the policy's retention; with --draft, a disposal of it, to be signed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import CountersignError
from governance.management.actors import named
from governance.selectors import retention
from governance.services import disposal


class Command(BaseCommand):
    help = "List files and private parts kept longer than the policy asks; optionally draft their disposal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--draft", action="store_true", help="draft a disposal of everything listed")
        parser.add_argument("--by", metavar="USERNAME", help="who drafts it: an owner or compliance officer")
        parser.add_argument("--legal-basis", default="", help="why it may, or must, go")

    def handle(self, *args: Any, **options: Any) -> None:
        found = retention.past()
        for each in found:
            what = f"{len(each.files)} files, {len(each.openings)} private parts"
            self.stdout.write(f"{each.since:%Y-%m-%d}  {each.document.digest}  {each.document}  {what}")
        if not found:
            self.stdout.write("Nothing is past its retention.")
        if not options["draft"] or not found:
            return
        if not options["by"] or not options["legal_basis"]:
            raise CommandError("--draft needs --by USERNAME and --legal-basis TEXT")
        try:
            made = disposal.draft_past(actor=named(options["by"]), legal_basis=options["legal_basis"])
        except CountersignError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(
            f"draft {made.pk}: freeze it, ask for its signatures, then manage.py erase --carry-out DIGEST"
        )
