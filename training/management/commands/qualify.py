"""`manage.py qualify`: what is installed here and how its own tests went, as a sealed report."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance import store
from governance.errors import CountersignError
from governance.models import User
from governance.services import reports
from training.selectors.qualification import NoResults, examine


class Command(BaseCommand):
    help = "Examine this installation, and ask in somebody's name for the sealed report on it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("results", type=Path, help="the JUnit file of the tests: pytest --junitxml=FILE")
        parser.add_argument("--by", required=True, metavar="NAME", help="who asks: the name they sign in with")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["by"], is_active=True).first()
        if person is None:
            raise CommandError(f"nobody signs in as {options['by']!r}")
        try:
            found = examine(options["results"])
            entry = store.put([found.to_bytes()])
            asked = {"findings": entry.sha256}
            report = reports.request(actor=person, kind="qualification", parameters=asked, by_command=True)
        except (NoResults, CountersignError) as error:
            raise CommandError(str(error)) from error
        told = ", ".join(f"{number} {word}" for word, number in found.tests.model_dump().items())
        self.stdout.write(f"Findings {entry.sha256}: tests {told}.")
        self.stdout.write(f"Report {report.pk} is asked for; the worker seals it, and it appears on the page Reports.")
