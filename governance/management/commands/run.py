"""`manage.py run`: web process and worker together, stopped together."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

STOP_SECONDS = 20.0


class Command(BaseCommand):
    help = "Serve the pages and API with gunicorn and run the worker beside it, until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1:8000", help="address and port (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        # By name where that does: passkeys belong to a name, never to an IP address.
        url = os.environ.get("COUNTERSIGN_URL", f"http://{options['bind'].replace('127.0.0.1', 'localhost')}")
        for number in (signal.SIGTERM, signal.SIGINT):  # SIGINT, too: a shell's background jobs begin with it ignored
            signal.signal(number, lambda *_: sys.exit(0))
        children: list[subprocess.Popen[bytes]] = []
        try:
            children.append(_start("web", url, *gunicorn(options["bind"])))
            children.append(_start("worker", url, sys.executable, "manage.py", "worker"))
            self.stdout.write(f"Countersign at {url}; stop with Ctrl-C.")
            while all(child.poll() is None for child in children):
                time.sleep(0.2)
            raise CommandError("the web process or the worker left; see its last lines above")
        finally:
            for child in children:
                child.terminate()
            for child in children:
                try:
                    child.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    child.kill()


def gunicorn(bind: str) -> list[str]:
    """Return the command of the web process: threads, because runners stream large files beside people's pages."""
    return [
        sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", bind, "--worker-class", "gthread",
        "--workers", "2", "--threads", "8", "--timeout", "120", "--log-level", "warning",
    ]  # fmt: skip


def _start(process: str, url: str, *command: str) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"COUNTERSIGN_PROCESS": process, "COUNTERSIGN_URL": url}
    return subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)
