"""`manage.py run`: web process and worker together, stopped together."""

import os
import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.management.servers import Servers


class Command(BaseCommand):
    help = "Serve the pages and API with gunicorn and run the worker beside it, until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address and port (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        # By name where that does: passkeys belong to a name, never to an IP address.
        url = os.environ.get("COUNTERSIGN_URL", f"http://{options['bind'].replace('127.0.0.1', 'localhost')}")
        with Servers(options["bind"], url, code=0) as servers:
            self.stdout.write(f"Countersign at {url}; stop with Ctrl-C.")
            while servers.alive():
                time.sleep(0.2)
            raise CommandError("the web process or the worker left; see its last lines above")
