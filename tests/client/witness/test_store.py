"""The witness's promise: never two roots for one size, never back; whoever races, and wherever it is killed."""

import sqlite3
from functools import partial
from pathlib import Path

import httpx
import pytest

from client.witness import folder as place
from client.witness import rules
from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.cosignature import verify_cosignature
from governance.proof.formats.note import Note, SignatureLine
from tests.support.witnesses import Log, Running, start_process, submit, together


def submission(log: Log, old: int, size: int | None = None) -> rules.Submission:
    return rules.read(log.request(old, size).to_text().encode(), {log.origin: [log.vkey]})


@pytest.mark.attack(
    name="race two histories of one size at a witness",
    caught_by="head and new checkpoint are read and written in one transaction",
    unless="the witness's folder was brought back from a backup",
)
def test_two_histories_race_and_one_is_cosigned(log: Log, witness: Running) -> None:
    store, keys = witness.store, place.cosigners(witness.folder)
    store.cosign(submission(log, 0), keys)
    honest, fork = log, log
    for _ in range(15):
        size = honest.tree.size
        left, right = honest.forked(1, "left"), fork.forked(2, "right")
        asked = [submission(chosen, size) for chosen in (left, right, left, right)]
        results = together(*(partial(store.cosign, one, keys) for one in asked))
        won = {type(results[number]) is str for number in (0, 2)}, {type(results[number]) is str for number in (1, 3)}
        assert sum(True in side for side in won) == 1, results
        newest = Checkpoint.from_text(Note.parse(store.newest(log.origin) or "").text)
        winner = left if True in won[0] else right
        assert newest.root == winner.tree.root()
        honest = fork = winner


def test_an_older_and_a_newer_checkpoint_race_and_nothing_goes_back(log: Log, witness: Running) -> None:
    """The race that tlog-witness warns of."""
    store, keys = witness.store, place.cosigners(witness.folder)
    for _ in range(15):
        old = log.tree.size if store.newest(log.origin) else 0
        log.grow(4)
        size = log.tree.size
        together(*(partial(store.cosign, submission(log, old, new), keys) for new in (size - 2, size)))
        head = Checkpoint.from_text(Note.parse(store.newest(log.origin) or "").text)
        assert head.size in (size - 2, size)
        if head.size != size:
            store.cosign(submission(log, size - 2, size), keys)


def test_the_file_itself_refuses_to_go_back(log: Log, witness: Running) -> None:
    witness.submit(log.request(0))
    row = (log.origin, 5, bytes(32), "note", 1)
    with sqlite3.connect(witness.folder / place.STORE) as connection:
        for bad in (row, (log.origin, 4, bytes(32), "note", 1)):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute("INSERT INTO cosigned VALUES (?, ?, ?, ?, ?)", bad)
        for statement in ("UPDATE cosigned SET size = 4", "DELETE FROM cosigned"):
            with pytest.raises(sqlite3.IntegrityError, match="stays"):
                connection.execute(statement)
    connection.close()


def test_time_never_runs_backwards(log: Log, witness: Running) -> None:
    store, keys = witness.store, place.cosigners(witness.folder)
    store.cosign(submission(log, 0), keys, clock=lambda: 2_000_000_000)
    log.grow(1)
    line = SignatureLine.from_text(store.cosign(submission(log, 5), keys, clock=lambda: 1_000_000_000).strip())
    head = Checkpoint.from_text(Note.parse(log.note()).text)
    assert verify_cosignature(line, witness.key, head) == 2_000_000_000


AMBUSH = """
import itertools, os, signal
from client.witness import server, store
count, plain = itertools.count(1), store._writing
def fall(*_):
    if next(count) == {number}:
        os.kill(os.getpid(), signal.SIGKILL)
def writing(connection):
    connection.set_trace_callback(fall)
    return plain(connection)
store._writing = writing
answer = server._Handler._answer
def answered(self, status, *rest):
    if status == 200:
        fall()
    return answer(self, status, *rest)
server._Handler._answer = answered
"""


@pytest.mark.attack(
    name="kill a witness at every statement, then show it another history",
    caught_by="what it cosigns is on the disk before the cosignature leaves",
    unless="the disk forgets what it was told to keep",
)
@pytest.mark.crash
def test_killed_at_every_statement_and_before_the_answer(log: Log, tmp_path: Path) -> None:
    """SIGKILL at each statement of the store and between store and answer: the promise holds, and it can go on."""
    fell = cosigned = 0
    for number in range(1, 12):
        folder = tmp_path / f"witness-{number}"
        key = place.make(folder, "witness.test/w1", quantum_safe=False)[0]
        place.store(folder).trust(log.vkey)
        process, url = start_process(folder, tmp_path / "log", AMBUSH.format(number=number))
        try:
            submit(url, log.request(0))
        except httpx.TransportError:
            fell += 1
        else:
            process.kill()
        process.wait(10)
        kept = place.store(folder).newest(log.origin)
        # Whatever was on the disk when it fell: a second history of that size is refused, the first is cosigned.
        fork = Log(key=log.key).grow(5, "another history")
        process, url = start_process(folder, tmp_path / "log")
        try:
            if kept is None:
                assert submit(url, log.request(0)).status_code == 200
            else:
                cosigned += 1
                assert submit(url, log.request(0)).text == "5\n"
            assert submit(url, fork.request(0)).status_code == 409
            assert submit(url, fork.request(5)).status_code == 422
            again = submit(url, log.request(5))
            line = SignatureLine.from_text(again.text.strip())
            assert verify_cosignature(line, key, Checkpoint.from_text(Note.parse(log.note()).text))
        finally:
            process.kill()
            process.wait(10)
    # It was killed on both sides of the commit, and later numbers let it live.
    assert 3 <= fell < 11
    assert cosigned > 11 - fell
