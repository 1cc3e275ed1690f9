"""`manage.py worker`: permits, attempts, results, reports; signs checkpoints and sends them; mails."""

import signal
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from governance.models import Report

IDLE = 0.5


def _build(report: Report) -> None:
    from governance.reports.tasks import build  # loads the PDF libraries, once there is something to build

    build(report)


class Command(BaseCommand):
    help = "Run the worker until it is told to stop (SIGTERM or Ctrl-C)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what can be done now, then leave")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.COUNTERSIGN_PROCESS == "command":
            settings.COUNTERSIGN_PROCESS = "worker"  # only the worker's keys from here on
        from governance import triggers
        from governance.jobs.courier import Courier
        from governance.jobs.housekeeping import Housekeeper
        from governance.jobs.postman import Postman
        from governance.jobs.reconciler import Reconciler

        triggers.require()

        stop = False

        def leave(*_: Any) -> None:
            nonlocal stop
            stop = True

        signal.signal(signal.SIGTERM, leave)
        signal.signal(signal.SIGINT, leave)
        reconciler, postman, courier, leaving = Reconciler(_build), Postman(), Courier(), threading.Event()
        housekeeper = Housekeeper()
        if options["once"]:
            reconciler.step()
            courier.step()
            postman.step()
            housekeeper.step()
            return
        # Daemons: a mail server or witness that keeps them waiting must keep nothing else waiting, nor us from leaving.
        for name, work in (("postman", postman.run), ("courier", courier.run)):
            threading.Thread(target=work, args=(leaving,), daemon=True, name=name).start()
        while not stop:
            housekeeper.step()
            if not reconciler.step() and not stop:
                time.sleep(IDLE)
        leaving.set()
