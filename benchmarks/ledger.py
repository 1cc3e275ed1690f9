"""Ledger appends beside the business row alone, and verification beside plain SHA-256 of the same bytes.

Both run on a database of their own: SQLite in a temporary folder, with the settings of an installation (journal in
WAL, full synchronisation), so that what the disk does falls on both sides.
"""

import hashlib
import os
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from benchmarks.measurement import Goal, Measurement

APPENDS = 200
ROUNDS = 3
ENTRIES = 20_000


def measure() -> list[Measurement]:
    """Return appends a second, and entries verified a second."""
    with tempfile.TemporaryDirectory() as name:
        begin(Path(name))
        return [appending(), verifying()]


def begin(folder: Path) -> None:
    """Make an installation in `folder`: migrated, set up, without anything in it."""
    os.environ.update(
        COUNTERSIGN_VAR=str(folder), COUNTERSIGN_KEYS=str(folder / "keys"), DJANGO_SETTINGS_MODULE="config.settings"
    )
    os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'db.sqlite3'}"
    import django

    django.setup()
    from django.core.management import call_command

    from governance.services.installation import Person, set_up

    call_command("migrate", verbosity=0)
    phrase = "a-long-pass-phrase-1"
    people = Person("owner", "Owner", phrase), Person("officer", "Officer", phrase)
    set_up(organisation="Benchmark", owner=people[0], officer=people[1], demo=True)


def appending() -> Measurement:
    """Return how many mutations a second write a row and its leaf, beside the row alone; the median of the rounds."""
    from django.db import transaction

    from governance import events
    from governance.models import Project
    from governance.services.ledger import mutation

    def alone(number: int) -> None:
        with transaction.atomic():
            Project.objects.create(name=f"Alone {number}", slug=f"alone-{number}")

    def governed(number: int) -> None:
        with mutation(actor=None, action="project.create") as m:
            project = Project.objects.create(name=f"Governed {number}", slug=f"governed-{number}")
            m.append(events.PROJECT_CREATED, subjects=[f"project:{project.id}"], data={"project": str(project.id)})

    ours, plain = [], []
    for round_ in range(ROUNDS):  # in turns, so that what else the disk does falls on both
        ours.append(_rate(governed, round_))
        plain.append(_rate(alone, round_))
    return Measurement(
        "ledger append with its row on SQLite",
        sorted(ours)[ROUNDS // 2],
        "1/s",
        Goal("ratio", ">=", 0.15),
        peer=sorted(plain)[ROUNDS // 2],
        beside="the row alone",
    )


def verifying() -> Measurement:
    """Return how many entries a second `verify_ledger` checks, beside hashing the same leaves as they are read."""
    from governance import events
    from governance.models import LedgerEntry
    from governance.selectors import ledger
    from governance.selectors.verification import verify
    from governance.services.ledger import mutation

    while (size := ledger.size()) < ENTRIES:
        with mutation(actor=None, action="benchmark") as m:
            for number in range(size, min(size + 1000, ENTRIES)):
                data = {"draft": str(uuid.UUID(int=number)), "revision": number}
                m.append(events.DRAFT_EDITED, subjects=[f"draft:{number:032x}"], data=data)
    started = time.perf_counter()
    digest = hashlib.sha256()
    for content in LedgerEntry.objects.order_by("seq").values_list("leaf", flat=True).iterator(chunk_size=1000):
        digest.update(bytes(content))
    plain = ENTRIES / (time.perf_counter() - started)
    outcome = verify()
    # The projects of the other measurement and the drafts here stand for no real rows; the tree is what must hold.
    if not next(check for check in outcome.checks if check.name == "tree").holds:
        raise AssertionError(f"the ledger that was just written does not hold: {outcome.checks[0].problems[0]}")
    return Measurement(
        "ledger entries verified: tree, index, rows",
        outcome.size / outcome.seconds,
        "1/s",
        Goal("value", ">=", 2000),
        peer=plain,
        beside="reading and hashing the leaves alone",
    )


def _rate(act: Callable[[int], None], round_: int) -> float:
    started = time.perf_counter()
    for number in range(APPENDS):
        act(round_ * APPENDS + number)
    return APPENDS / (time.perf_counter() - started)
