"""`manage.py erase`: draft a disposal of what is kept of a person, of entries or files; or carry a signed one out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.errors import CountersignError
from governance.management.actors import named, proof_of
from governance.selectors import documents as docs
from governance.selectors import passkeys
from governance.services import disposal


class Command(BaseCommand):
    help = "Draft a disposal (it is signed by two people before anything goes), or carry out one that is in force."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", required=True, metavar="USERNAME", help="an owner or compliance officer")
        parser.add_argument(
            "--person",
            metavar="USERNAME",
            help="everything private by or about them, what their devices said, and their account",
        )
        parser.add_argument("--entry", type=int, action="append", default=[], metavar="SEQ", help="may be given again")
        parser.add_argument("--file", action="append", default=[], metavar="DIGEST", help="may be given again")
        parser.add_argument("--reason", help="why; it stays in the disposal, so name nobody")
        parser.add_argument("--legal-basis", help="such as the article of the law")
        parser.add_argument("--carry-out", metavar="DIGEST", help="erase what this signed disposal lists")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["carry_out"]:
                self._carry_out(options)
            else:
                self._draft(options)
        except CountersignError as problem:
            raise CommandError(str(problem)) from problem

    def _carry_out(self, options: dict[str, Any]) -> None:
        actor = named(options["by"])
        gone = disposal.carry_out(actor=actor, document=docs.get(actor, options["carry_out"]), proof=proof_of(actor))
        self.stdout.write(f"{gone} private parts, files and accounts went." if gone else "Nothing was left to do.")

    def _draft(self, options: dict[str, Any]) -> None:
        if not options["reason"] or not options["legal_basis"]:
            raise CommandError("a disposal needs --reason and --legal-basis")
        person = named(options["person"], active=False) if options["person"] else None
        entries = {*options["entry"], *(disposal.about(person) if person else ())}
        files = {*options["file"], *(passkeys.statements(person) if person else ())}
        made = disposal.draft(
            actor=named(options["by"]),
            title="Erasure of a person" if person else "Disposal",
            reason=options["reason"],
            legal_basis=options["legal_basis"],
            openings=sorted(entries),
            files=sorted(files),
            people=[person.actor] if person else [],
        )
        self.stdout.write(
            f"draft {made.pk}: freeze it, ask for its signatures, then manage.py erase --carry-out DIGEST"
        )
