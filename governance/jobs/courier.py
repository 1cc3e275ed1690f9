"""Takes checkpoints out of the house: to the witnesses that cosign them, then to the places that keep them.

It works beside the reconciler and not inside it: whoever is away, slow or lies holds up nobody but themself.
"""

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection

from governance import anchors, witnesses
from governance.services import witnesses as asking
from governance.services.anchors import send
from governance.services.checkpoints import latest

log = logging.getLogger(__name__)
IDLE = 1.0
FIRST_WAIT, LONGEST_WAIT = 5.0, 600.0  # seconds before somebody who failed is tried again: twice as long each time


class Courier:
    """One process's view: whom it waits for, and how long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waits: dict[str, tuple[float, float]] = {}  # target → seconds of the next wait, when it is over

    def step(self) -> None:
        """Take the newest checkpoint to whoever has not got it. One courier a machine at a time; faults are logged."""
        try:
            checkpoint = latest()
            if checkpoint is None:
                return
            with _alone() as alone:
                if alone:
                    for witness in witnesses.configured():
                        self._try(witness.target, partial(asking.ask, witness=witness, checkpoint=checkpoint))
                    for anchor in anchors.configured():
                        self._try(anchor.name, partial(send, anchor=anchor, checkpoint=checkpoint))
        except (OperationalError, InterfaceError) as problem:
            log.warning("the database is busy or away: %s; trying again", problem)
            connection.close()
        except ImproperlyConfigured as problem:
            log.error("%s", problem)

    def run(self, stop: threading.Event) -> None:
        """Step until told to stop; for a thread of its own."""
        while not stop.wait(IDLE):
            self.step()
            connection.close()  # an idle thread holds no connection

    def _try(self, target: str, act: Callable[[], bool]) -> None:
        wait, until = self._waits.get(target, (FIRST_WAIT, 0.0))
        if self._clock() < until:
            return
        try:
            done = act()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("taking a checkpoint to %s failed; it will be tried again", target)
            done = False
        if done:
            self._waits.pop(target, None)
        else:
            self._waits[target] = (min(2 * wait, LONGEST_WAIT), self._clock() + wait)


@contextmanager
def _alone() -> Iterator[bool]:
    """Yield whether this is the only courier of the machine for now: two would tell everybody everything twice."""
    path = Path(settings.COUNTERSIGN_VAR) / "courier.lock"
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
