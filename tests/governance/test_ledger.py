"""The ledger's writer: lock, refusals that survive the rollback, races between processes, and sudden death."""

import json
import signal
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import time_machine
from django.db import connection, transaction

from governance import events
from governance.errors import Conflict, Finding, NotFound, Refused
from governance.models import LedgerEntry, LedgerEvent, LedgerOpening, LedgerSubject, Project
from governance.proof.formats import merkle
from governance.proof.formats.leaf import commit
from governance.selectors import ledger
from governance.selectors.verification import verify
from governance.services import people
from governance.services.ledger import REFUSALS_PER_MINUTE, NothingAppended, Unchanged, mutation, record_refusal
from governance.services.reauthentication import Proof
from tests.governance import tampering
from tests.governance.cast import PASSWORD
from tests.support.deployment import Deployment, Program
from tests.support.ports import wait_until

NO = Finding("rule", "this", "that", "Mend it.", "you")


def test_every_size_has_the_root_and_the_proofs_of_its_leaves(world) -> None:
    tree = merkle.MemoryTree()
    for seq, content in enumerate(LedgerEntry.objects.order_by("seq").values_list("leaf", flat=True)):
        assert tree.append(bytes(content)) == seq
        assert ledger.root(seq + 1) == tree.root()
    size = ledger.size()
    for seq in range(size):
        hashed = merkle.leaf_hash(ledger.leaf(seq).to_bytes())
        merkle.verify_inclusion(seq, size, hashed, ledger.inclusion(seq, size), ledger.root(size))
        proof = ledger.consistency(seq, size)
        merkle.verify_consistency(seq, size, ledger.root(seq), ledger.root(size), proof)
    with pytest.raises(LedgerEntry.DoesNotExist):
        ledger.leaf(size)


def test_a_leaf_is_indexed_and_commits_to_what_is_private(world) -> None:
    with mutation(actor=world.owner, action="project.view", project=world.project) as m:
        seq = m.append(
            events.JOB_CANCELLED,
            subjects=["a:1", "b:2"],
            data={"job": str(uuid.uuid4())},
            private={"reason": "Because"},
        )
    leaf = ledger.leaf(seq)
    index = LedgerEvent.objects.get(entry=seq)
    assert (index.event, index.actor, index.project) == (events.JOB_CANCELLED, world.owner.actor, world.project.pk)
    assert sorted(LedgerSubject.objects.filter(entry=seq).values_list("subject", flat=True)) == ["a:1", "b:2"]
    opening = LedgerOpening.objects.get(entry=seq)
    assert leaf.commitment == commit(bytes(opening.salt), opening.private)
    assert b"Because" not in leaf.to_bytes()


def test_a_mutation_that_appends_nothing_is_rolled_back(world) -> None:
    size = ledger.size()
    with pytest.raises(NothingAppended), mutation(actor=None, action="test"):
        Project.objects.create(name="Silent", slug="silent")
    assert not Project.objects.filter(slug="silent").exists()
    assert ledger.size() == size


def half(actor, problem: Exception) -> None:
    """Do half of something, then fail."""
    with mutation(actor=actor, action="project.create", subjects=["project:x"]) as m:
        Project.objects.create(name="Half", slug="half")
        m.append(events.PERSON_ENROLLED)
        raise problem


@pytest.mark.parametrize("problem", [RuntimeError("bug"), Unchanged(), Conflict(found="a", expected="b", remedy="c")])
def test_what_fails_inside_leaves_neither_row_nor_leaf(world, problem) -> None:
    size = ledger.size()
    with pytest.raises(type(problem)):
        half(None, problem)
    assert not Project.objects.filter(slug="half").exists()
    assert ledger.size() == size


def test_time_never_runs_backwards_even_if_the_clock_does(world) -> None:
    last = ledger.leaf(ledger.size() - 1).time
    with time_machine.travel("2001-01-01", tick=False), mutation(actor=None, action="test") as m:
        m.append(events.PERSON_ENROLLED)
    assert ledger.leaf(ledger.size() - 1).time == last


def test_a_refusal_is_recorded_and_everything_else_undone(world) -> None:
    size = ledger.size()
    with pytest.raises(Refused):
        half(world.owner, Refused([NO]))
    assert not Project.objects.filter(slug="half").exists()
    leaf = ledger.leaf(size)
    assert ledger.size() == size + 1
    assert (leaf.event, leaf.actor, leaf.subjects) == (events.REFUSAL_RULE, world.owner.actor, ["project:x"])
    assert leaf.data == {"action": "project.create", "checks": ["rule"]}
    assert LedgerOpening.objects.get(entry=size).private == {"findings": [NO.as_dict()]}


def test_refusals_of_one_actor_are_limited_and_do_not_drown_the_others(world, caplog) -> None:
    def refuse(actor) -> int | None:
        return record_refusal(actor=actor, action="test", project=None, findings=[NO])

    with time_machine.travel("2040-01-01", tick=False) as clock:
        made = [refuse(world.engineer) for _ in range(REFUSALS_PER_MINUTE + 5)]
        assert made.count(None) == 5
        assert "over the limit" in caplog.text
        assert refuse(world.officer) is not None
        clock.shift(61)
        assert refuse(world.engineer) is not None


def test_to_look_behind_a_closed_door_is_recorded_a_wrong_number_is_not(world) -> None:
    size = ledger.size()
    with pytest.raises(NotFound), mutation(actor=world.stranger, action="document.draft", project=world.project):
        pass
    assert ledger.leaf(size).event == events.REFUSAL_ACCESS
    with pytest.raises(NotFound), mutation(actor=world.owner, action="project.create"):
        raise NotFound("there is no such thing")
    assert ledger.size() == size + 1


def test_a_leaf_that_cannot_be_canonical_changes_nothing(world) -> None:
    size = ledger.size()
    for bad in ({"x": 0.5}, {"x": 2**53}, {"x": "\ud800"}):
        with pytest.raises(ValueError), mutation(actor=None, action="test") as m:  # noqa: PT011
            m.append(events.PERSON_ENROLLED, private=bad)
    assert ledger.size() == size


def test_an_altered_leaf_is_not_read(world) -> None:
    with tampering.owner():
        tampering.run("UPDATE governance_ledgerentry SET leaf = %s WHERE seq = 3", b"{}")
    with pytest.raises(ledger.LeafCorrupt, match="entry 3"):
        ledger.leaf(3)


# -- committed databases, threads and processes --------------------------------------------------------------------


@pytest.mark.postgres
def test_a_refusal_survives_the_rollback_for_all_to_see(committed_world) -> None:
    size = ledger.size()
    with pytest.raises(Refused):
        people.role_grant(
            actor=committed_world.owner,
            user=committed_world.owner,
            role="engineer",
            project=None,
            proof=Proof(PASSWORD),
        )
    seen: list[str] = []

    def look() -> None:
        seen.append(ledger.leaf(size).event)
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [events.REFUSAL_RULE]


@pytest.mark.postgres
def test_a_mutation_inside_another_transaction_is_refused_before_it_starts(committed_world) -> None:
    """Somebody else's rollback could otherwise undo a refusal, or a leaf whose number was already told."""
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        people.project_create(actor=committed_world.owner, name="Nested")
    assert not Project.objects.filter(slug="nested").exists()


@pytest.mark.postgres
def test_threads_queue_for_the_lock_and_leave_no_gap(committed_world) -> None:
    def create(number: int) -> str:
        try:
            return people.project_create(actor=committed_world.owner, name=f"Project {number}").slug
        finally:
            connection.close()

    size = ledger.size()
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(create, range(18)))
    assert len(set(made)) == 18
    assert ledger.size() == size + 18
    assert verify().code == 0


RACER = """
import sys, pathlib
from governance.services.ledger import mutation
from governance.models import Organisation
go, name, count = pathlib.Path(sys.argv[-3]), sys.argv[-2], int(sys.argv[-1])
pathlib.Path(str(go) + name).touch()
while not go.exists(): pass
for number in range(count):
    with mutation(actor=None, action="race") as m:
        Organisation.objects.create(name=f"{name}-{number}")
        m.append("refusal:rule:applied", data={"action": "race", "checks": []})
"""


def script(deployment: Deployment, name: str, text: str) -> Path:
    path = deployment.folder / f"{name}.py"
    path.write_text("import django; django.setup()\n" + text)
    return path


def start(deployment: Deployment, name: str, path: Path, *arguments: str):
    logs = deployment.folder / "logs"
    logs.mkdir(exist_ok=True)
    env = deployment.env | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return Program(name, [sys.executable, str(path), *arguments], env=env, log=logs / f"{name}.log")


HEIR = """
import json
from governance.models import Organisation
from governance.selectors import ledger
from governance.selectors.verification import verify
from governance.services.ledger import mutation
def tell():
    checks = verify().checks if ledger.size() else ()
    return [ledger.size(), Organisation.objects.count(), [str(p) for c in checks for p in c.problems]]
found = tell()
with mutation(actor=None, action="race") as m:  # a lock dies with its holder
    Organisation.objects.create(name="heir")
    m.append("refusal:rule:applied", data={"action": "race", "checks": []})
print(json.dumps([found, tell()]))
"""


def inherit(deployment: Deployment) -> tuple[list, list]:
    """Return [size, rows, problems] as a new process finds them, and once it has appended something itself."""
    heir = start(deployment, "heir", script(deployment, "heir", HEIR))
    assert heir.process.wait(60) == 0, heir.log.read_text()
    before, after = json.loads(heir.log.read_text().splitlines()[-1])
    for found in (before, after):  # these ledgers were begun by the race: they have no founding entry
        found[2] = [problem for problem in found[2] if "root fingerprint" not in problem]
    return before, after


@pytest.mark.crash
@pytest.mark.attack(
    name="race processes that append at the same time",
    caught_by="the ledger's lock, taken before anything is read: no number twice, none left out",
    unless="something writes to the ledger past its lock, which the triggers refuse",
)
def test_processes_racing_to_append_leave_no_gap(each_deployment: Deployment) -> None:
    racer, go = script(each_deployment, "racer", RACER), each_deployment.folder / "go"
    programs = [start(each_deployment, f"r{n}", racer, str(go), f"r{n}", "25") for n in range(3)]
    for n, program in enumerate(programs):
        wait_until(Path(f"{go}r{n}").exists, what=f"racer {n}", process=program.process)
    go.touch()
    assert [program.process.wait(60) for program in programs] == [0, 0, 0], [p.log.read_text() for p in programs]
    assert inherit(each_deployment) == ([75, 75, []], [76, 76, []])


VICTIM = """
import itertools, sys, pathlib, time
from governance.services.ledger import mutation
from governance.models import Organisation
for number in itertools.count():
    with mutation(actor=None, action="race") as m:
        Organisation.objects.create(name=f"v-{number}")
        m.append("refusal:rule:applied", data={"action": "race", "checks": []})
        if number == int(sys.argv[-2]):
            pathlib.Path(sys.argv[-1]).touch()
            time.sleep(60)
"""


@pytest.mark.crash
@pytest.mark.attack(
    name="kill a process in the middle of a mutation",
    caught_by="row and leaf stand in one transaction: both are there or neither is",
    unless="the disk says that bytes are safe when they are not",
)
def test_a_process_killed_inside_a_mutation_leaves_nothing_half_written(each_deployment: Deployment) -> None:
    inside = each_deployment.folder / "inside"
    victim = start(each_deployment, "victim", script(each_deployment, "victim", VICTIM), "7", str(inside))
    wait_until(inside.exists, what="victim", process=victim.process)
    victim.kill()
    assert victim.process.returncode == -signal.SIGKILL
    assert inherit(each_deployment) == ([7, 7, []], [8, 8, []])
