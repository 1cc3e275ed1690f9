"""What the worker tidies up once in a while."""

import logging
import time

from django.utils import timezone

from governance.services import reading

log = logging.getLogger(__name__)
EVERY = 3600.0  # seconds


class Housekeeper:
    """Prunes the access log, at most hourly."""

    def __init__(self) -> None:
        self._next = 0.0

    def step(self) -> int:
        """Return how many records were deleted."""
        now = time.monotonic()
        if now < self._next:
            return 0
        self._next = now + EVERY
        count = reading.prune(now=timezone.now())
        if count:
            log.info("%s records of the access log were older than they are kept", count)
        return count
