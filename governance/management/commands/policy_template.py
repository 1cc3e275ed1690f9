"""`manage.py policy_template [NAME]`: the body of a policy to begin from, as JSON; without a name, which there are.

The same templates as on the page where a policy begins and at `GET /api/v1/kinds/governance.policy/templates`. Redirect
the body into a file, change it, and submit it with the command line.
"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.registry import POLICY_TEMPLATES


class Command(BaseCommand):
    help = "Print a policy to begin from, as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help=f"one of: {', '.join(POLICY_TEMPLATES)} (default: list them)")

    def handle(self, *args: Any, **options: Any) -> None:
        name: str | None = options["name"]
        if name is None:
            for template in POLICY_TEMPLATES.values():
                self.stdout.write(f"{template.name}: {template.label}. {template.about}")
            return
        if name not in POLICY_TEMPLATES:
            raise CommandError(f"found {name!r}, expected one of {', '.join(POLICY_TEMPLATES)}")
        self.stdout.write(json.dumps(POLICY_TEMPLATES[name].body(), indent=2, ensure_ascii=False))
