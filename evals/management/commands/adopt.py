"""`manage.py adopt`: draft failure modes or a starter set into a project's plan, as a person who may."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from evals.engine.library import STARTERS, failure_modes
from evals.services import library
from governance.errors import CountersignError, NotFound
from governance.management.actors import named
from governance.selectors.people import projects_of


class Command(BaseCommand):
    help = "Draft failure modes or a starter set into a project's plan."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="the project's short name")
        parser.add_argument("--user", required=True, metavar="USERNAME", help="who drafts")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--mode", action="append", choices=list(failure_modes()), help="a failure mode; repeatable")
        what.add_argument("--starter", choices=list(STARTERS), help="a starter set")
        parser.add_argument("--holdout", action="store_true", help="begin a holdout instead of a development set")

    def handle(self, *args: Any, **options: Any) -> None:
        purpose = "holdout" if options["holdout"] else "development"
        try:
            actor = named(options["user"])
            project = projects_of(actor).filter(slug=options["project"]).first()
            if project is None:
                raise NotFound("there is no such project")
            if options["starter"]:
                made = library.adopt_starter(actor=actor, project=project, starter=options["starter"], purpose=purpose)
            else:
                made = library.adopt_modes(actor=actor, project=project, modes=options["mode"], purpose=purpose)
        except CountersignError as problem:
            self.stderr.write(f"{problem}")
            sys.exit(1)
        for draft in made.drafts:
            self.stdout.write(f"{draft.pk} {draft.title}")
