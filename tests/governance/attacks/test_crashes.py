"""A process killed before and after every statement of an append, on both databases: row and leaf, or neither."""

import json
from itertools import pairwise

import pytest

from tests.governance.test_ledger import script, start

# Run by a process of its own. For each place a fork carries out one mutation and kills itself there; the rest of the
# process then looks at what is left, as somebody else who comes next, and appends something.
PROGRAM = """
import json, os, signal
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from governance import events
from governance.models import LedgerEntry, LedgerEvent, LedgerOpening, LedgerSubject, Organisation
from governance.selectors.verification import verify
from governance.services.ledger import mutation

DRAFT = "00000000-0000-0000-0000-000000000000"
place, kill_at, when, statements = 0, None, "", []

def change(name):
    with mutation(actor=None, action="attack") as m:
        Organisation.objects.create(name=name)
        m.append(events.DRAFT_EDITED, subjects=["draft:" + DRAFT], data={"draft": DRAFT, "revision": 1},
                 private={"reason": name})

def counted(act):
    def do(*arguments):
        global place
        here, place = place, place + 1
        statements.append(str(arguments[1])[:60] if len(arguments) > 1 else "commit")
        if (here, when) == (kill_at, "before"):
            os.kill(os.getpid(), signal.SIGKILL)
        result = act(*arguments)
        if (here, when) == (kill_at, "after"):
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return do

def left():
    rows = [model.objects.count() for model in (Organisation, LedgerEntry, LedgerEvent, LedgerSubject, LedgerOpening)]
    last = LedgerEntry.objects.values_list("seq", flat=True).first()
    problems = [str(p) for check in verify().checks for p in check.problems if "root fingerprint" not in str(p)]
    return {"rows": rows, "last": last, "problems": problems}

change("first")
told = [{"at": "begin", **left()}]
execute, commit = CursorWrapper._execute, BaseDatabaseWrapper.commit
CursorWrapper._execute, BaseDatabaseWrapper.commit = counted(execute), counted(commit)
change("counted")
total, seen = place, list(statements)
CursorWrapper._execute, BaseDatabaseWrapper.commit = execute, commit
told.append({"at": "counted", **left()})
for at in range(total):
    for moment in ("before", "after"):
        connections.close_all()
        child = os.fork()
        if child == 0:
            place, kill_at, when = 0, at, moment
            CursorWrapper._execute, BaseDatabaseWrapper.commit = counted(execute), counted(commit)
            change(f"killed {at} {moment}")
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        told.append({"at": f"{moment} {seen[at]}", "killed": os.WIFSIGNALED(status), **left()})
        change(f"heir {at} {moment}")
        told.append({"at": f"heir of {moment} {seen[at]}", **left()})
print(json.dumps(told))
"""


@pytest.mark.crash
@pytest.mark.attack(
    name="kill -9 before and after every statement of an append",
    caught_by="row, leaf and index stand in one transaction; the lock dies with its holder, and the next goes on",
    unless="the disk says that bytes are safe when they are not",
)
def test_killed_at_every_statement_there_is_row_and_leaf_or_neither(each_deployment) -> None:
    program = start(each_deployment, "killed", script(each_deployment, "killed", PROGRAM))
    assert program.process.wait(240) == 0, program.log.read_text()
    told = json.loads(program.log.read_text().splitlines()[-1])
    killed = [found for found in told if "killed" in found]
    assert len(killed) >= 6
    assert all(found["killed"] for found in killed)
    whole = 0
    for before, after in pairwise(told):
        assert after["problems"] == [], after
        assert len(set(after["rows"])) == 1, (
            after
        )  # a row, an entry, its index, its subject, its opening: as many of each
        assert after["last"] == after["rows"][0] - 1, after  # without a gap
        grown = after["rows"][0] - before["rows"][0]
        assert grown in ((0, 1) if "killed" in after else (1,)), after
        whole += "killed" in after and grown
    assert 0 < whole < len(killed)  # some were killed before the commit, some after it
