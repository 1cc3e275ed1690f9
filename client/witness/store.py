"""What a witness remembers, in one SQLite file: whose logs it follows and every checkpoint it cosigned.

A cosignature leaves only after the row that forbids another one for the same size is on the disk, and head and row are
read and written in one transaction. So however the process ends, it never signs two roots for one size and never goes
back. Restoring this file from a backup would break that promise: a witness that lost its file takes a new key.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from client.witness import rules
from governance.proof.formats.checkpoint import Checkpoint, trusted
from governance.proof.formats.cosignature import Cosigner
from governance.proof.formats.note import VerifierKey

SCHEMA = """
CREATE TABLE IF NOT EXISTS log (vkey TEXT PRIMARY KEY, origin TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (origin, size)
);
CREATE TABLE IF NOT EXISTS refused (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (origin, size, root)
);
CREATE TRIGGER IF NOT EXISTS cosigned_grows BEFORE INSERT ON cosigned
    WHEN NEW.size <= (SELECT MAX(size) FROM cosigned WHERE origin = NEW.origin)
    BEGIN SELECT RAISE(ABORT, 'a witness never goes back'); END;
CREATE TRIGGER IF NOT EXISTS cosigned_stays BEFORE UPDATE ON cosigned
    BEGIN SELECT RAISE(ABORT, 'what was cosigned stays'); END;
CREATE TRIGGER IF NOT EXISTS cosigned_kept BEFORE DELETE ON cosigned
    BEGIN SELECT RAISE(ABORT, 'what was cosigned stays'); END;
"""


@dataclass(frozen=True)
class Refused:
    """A checkpoint that its log signed and that contradicts what was cosigned: proof that the log forked."""

    checkpoint: Checkpoint
    note: str
    at: int


class Store:
    """The witness's file. Every method opens a connection of its own, so that any thread may call it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with self._open() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)

    def trust(self, key: VerifierKey) -> None:
        """Follow the log whose origin is the key's name. Raises ValueError unless it is a log's key."""
        trusted([key])
        with self._open() as connection:
            connection.execute("INSERT OR IGNORE INTO log VALUES (?, ?)", [key.text(), key.name])

    def logs(self) -> dict[str, list[VerifierKey]]:
        """Return the keys of the logs that are followed, by origin."""
        found: dict[str, list[VerifierKey]] = {}
        with self._open() as connection:
            for vkey, origin in connection.execute("SELECT vkey, origin FROM log ORDER BY rowid"):
                found.setdefault(origin, []).append(VerifierKey.from_text(vkey))
        return found

    def newest(self, origin: str) -> str | None:
        """Return the newest cosigned checkpoint of a log, a note with the witness's lines, or None."""
        with self._open() as connection:
            row = connection.execute(f"SELECT note {_NEWEST}", [origin]).fetchone()
        return row[0] if row else None

    def refused(self, origin: str) -> list[Refused]:
        """Return the contradictions that were put before this witness."""
        query = "SELECT size, root, note, at FROM refused WHERE origin = ? ORDER BY at, size"
        with self._open() as connection:
            rows = connection.execute(query, [origin]).fetchall()
        return [Refused(Checkpoint(origin, size, root), note, at) for size, root, note, at in rows]

    def cosign(
        self,
        submission: rules.Submission,
        cosigners: Sequence[Cosigner],
        clock: Callable[[], float] = time.time,
    ) -> str:
        """Remember the submitted checkpoint, then return the cosignature lines.

        Raises:
            rules.Refusal: it does not extend what was cosigned, and nothing is cosigned.
        """
        new = submission.checkpoint
        try:
            with self._open() as connection, _writing(connection):
                head, last = _head(connection, new.origin)
                rules.judge(submission, head)
                now = max(int(clock()), last)
                lines = [cosigner.cosign(new, now) for cosigner in cosigners]
                if head is None or head.size < new.size:
                    note = submission.note.with_lines(lines).to_text()
                    row = [new.origin, new.size, new.root, note, now]
                    connection.execute("INSERT INTO cosigned VALUES (?, ?, ?, ?, ?)", row)
        except rules.Refusal:
            self._keep_contradiction(submission, int(clock()))
            raise
        return "".join(f"{line.text()}\n" for line in lines)

    def _keep_contradiction(self, submission: rules.Submission, now: int) -> None:
        """Keep a refused checkpoint if the log signed another root for its size before: nobody can deny it later.

        A proof that fails shows nothing by itself: anybody can send the log's own checkpoint with a broken one.
        """
        new = submission.checkpoint
        with self._open() as connection, _writing(connection):
            same_size = "SELECT root FROM cosigned WHERE origin = ? AND size = ?"
            row = connection.execute(same_size, [new.origin, new.size]).fetchone()
            if row is not None and row[0] != new.root:
                values = [new.origin, new.size, new.root, submission.note.to_text(), now]
                connection.execute("INSERT OR IGNORE INTO refused VALUES (?, ?, ?, ?, ?)", values)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=30, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = FULL")  # on the disk before the cosignature leaves
            yield connection


_NEWEST = "FROM cosigned WHERE origin = ? ORDER BY size DESC LIMIT 1"


def _head(connection: sqlite3.Connection, origin: str) -> tuple[Checkpoint | None, int]:
    row = connection.execute(f"SELECT size, root, at {_NEWEST}", [origin]).fetchone()
    return (Checkpoint(origin, row[0], row[1]), row[2]) if row else (None, 0)


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the file's only write lock from the first read to the commit: two submissions cannot both see one head."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
