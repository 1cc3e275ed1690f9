"""A backup of the installation as a folder: the database as of one moment, the files that only grow, and a manifest.

The order is what makes it whole: checkpoints first, so that none is newer than the database; then the database; then
the store and the DVC repositories, which by then hold everything that the database names. The manifest is written last:
a folder without one is no backup. Private keys and secrets are in none.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import quote

from django.conf import settings
from django.db import connection, transaction

from governance.models import LedgerEntry
from governance.proof.formats import canonical
from governance.proof.formats.canonical import Digest
from governance.proof.formats.fields import Count, Strict, Time, rfc3339

MANIFEST = "manifest.json"
FOLDERS = ("checkpoints", "store", "dvc")
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
LEFT_OUT = ("private keys", "secrets of the environment")
_CHUNK = 1024 * 1024
_SCRATCH, _LOCK = ".scratch-", ".lock"  # how names of what others are writing begin, or end


class NoBackup(Exception):
    """There can be no backup here, or there is none that could be looked at; the text says why."""


class Kept(Strict):
    """A file of a backup, by its path in the folder."""

    path: str
    size: Count
    sha256: Digest


class Manifest(Strict):
    """What a backup holds: the ledger's size and root (hexadecimal) as its database has them, and every file."""

    format: Literal["countersign-backup/1"]
    made_at: Time
    database: Literal["sqlite", "postgresql"]
    size: Count
    root: str
    root_fingerprint: Digest
    left_out: tuple[str, ...]
    files: tuple[Kept, ...]

    @property
    def bytes(self) -> int:
        """How many bytes the files have together."""
        return sum(file.size for file in self.files)


def take(place: Path, *, fingerprint: str, at: datetime) -> tuple[Manifest, str]:
    """Write a backup into a new or empty folder and return its manifest, and the manifest's digest.

    Raises:
        NoBackup: the folder holds something, a tool is missing or fails, a file of the store is altered, or the ledger
            is empty. The folder is left without a manifest.
    """
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(place.iterdir()):
        raise NoBackup(f"{place} holds something; expected a new or empty folder")
    files = list(_copied(place, "checkpoints"))
    size, root = (_sqlite if connection.vendor == "sqlite" else _postgresql)(place)
    if size == 0:
        raise NoBackup("the ledger has no entries; set the installation up first")
    files.append(_described(place, DATABASES[connection.vendor]))
    for folder in ("store", "dvc"):
        files += _copied(place, folder)
    manifest = Manifest(
        format="countersign-backup/1",
        made_at=rfc3339(at),
        database="sqlite" if connection.vendor == "sqlite" else "postgresql",
        size=size,
        root=root,
        root_fingerprint=fingerprint,
        left_out=LEFT_OUT,
        files=tuple(sorted(files, key=lambda file: file.path)),
    )
    text = canonical.dumps(manifest.model_dump(mode="json"))
    with (place / MANIFEST).open("xb") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    return manifest, canonical.sha256(text)


def read(place: Path) -> tuple[Manifest, str]:
    """Return a backup's manifest, and its digest. Raises NoBackup: there is none, or it cannot be read."""
    try:
        text = (place / MANIFEST).read_bytes()
        return Manifest.model_validate_json(text), canonical.sha256(text)
    except (OSError, ValueError) as error:
        raise NoBackup(f"{place} is no backup: its {MANIFEST} cannot be read ({error})") from error


def faults(place: Path, manifest: Manifest) -> Iterator[str]:
    """Yield what is wrong with the files: missing, altered, or there without being named."""
    named = {file.path: file for file in manifest.files}
    found = {path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_symlink() or path.is_file()}
    for path in sorted(found - set(named) - {MANIFEST}):
        yield f"{path} is not in the manifest"
    for path, file in named.items():
        if not _inside(path):
            yield f"{path!r} leads out of the backup"
        elif path not in found or (place / path).is_symlink():
            yield f"{path} is missing"
        elif _described(place, path) != file:
            yield f"{path} is altered"


@contextmanager
def restored(place: Path, manifest: Manifest, scratch: Path) -> Iterator[Mapping[str, str]]:
    """Bring the database of a backup back beside the live one, and yield the environment of a process that reads it.

    The state folder is `scratch`, a new one; files are read where the backup has them. All of it goes afterwards.

    Raises:
        NoBackup: a tool is missing or fails, or this server is of the other sort.
    """
    if manifest.database != connection.vendor:
        raise NoBackup(f"the backup is of {manifest.database}; it can be restored there, not on {connection.vendor}")
    scratch.mkdir(mode=0o700)
    for folder in FOLDERS:
        (scratch / folder).symlink_to(place.resolve() / folder)
    own = {"COUNTERSIGN_VAR": str(scratch), "COUNTERSIGN_KEYS": str(settings.COUNTERSIGN_KEYS)}
    if manifest.database == "sqlite":
        shutil.copyfile(place / DATABASES["sqlite"], scratch / "db.sqlite3")
        yield own | {"DATABASE_URL": f"sqlite:///{scratch / 'db.sqlite3'}"}
        return
    name = f"countersign_check_{os.urandom(6).hex()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        _tool("pg_restore", "--no-owner", f"--dbname={name}", str(place / DATABASES["postgresql"]))
        yield own | {"DATABASE_URL": _url(name)}
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _copied(place: Path, folder: str) -> Iterator[Kept]:
    """Copy a folder of the state, hashing; what somebody is writing just now is left for the next time."""
    source = Path(settings.COUNTERSIGN_VAR) / folder
    (place / folder).mkdir()
    for path in sorted(source.rglob("*")) if source.is_dir() else []:
        if path.is_symlink() or not path.is_file() or path.name.startswith(_SCRATCH) or path.suffix == _LOCK:
            continue
        target = place / folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, target)
        except FileNotFoundError:
            continue
        kept = _described(place, target.relative_to(place).as_posix())
        if folder == "store" and kept.sha256 != f"sha256:{path.name}":
            raise NoBackup(f"{path} is altered: it hashes to {kept.sha256}; restore it from an earlier backup first")
        yield kept


def _described(place: Path, path: str) -> Kept:
    digest, size = hashlib.sha256(), 0
    with (place / path).open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Kept(path=path, size=size, sha256=f"sha256:{digest.hexdigest()}")


def _inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and not PurePosixPath(path).is_absolute() and ".." not in parts


def _sqlite(place: Path) -> tuple[int, str]:
    """Copy the database by SQLite's own online backup; return the copy's ledger size and root."""
    name, target = connection.settings_dict["NAME"], place / DATABASES["sqlite"]
    live = sqlite3.connect(f"file:{quote(str(name))}?mode=ro", uri=True)
    with closing(live) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        return _head(copy.execute(_LAST).fetchone())


def _postgresql(place: Path) -> tuple[int, str]:
    """Dump the database as of one snapshot; return the ledger's size and root in it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        [snapshot] = cursor.fetchone()
        cursor.execute(_LAST)
        head = _head(cursor.fetchone())
        database = str(connection.settings_dict["NAME"])
        file = place / DATABASES["postgresql"]
        _tool("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={file}", f"--dbname={database}")
    return head


_LAST = f"SELECT seq, root FROM {LedgerEntry._meta.db_table} ORDER BY seq DESC LIMIT 1"  # noqa: S608  # our own names


def _head(row: tuple[int, Any] | None) -> tuple[int, str]:
    return (0, "") if row is None else (row[0] + 1, bytes(row[1]).hex())


def _tool(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs against the server of the settings; the password is in no argument."""
    program = shutil.which(name)
    if program is None:
        raise NoBackup(f"{name} is not on the PATH; install PostgreSQL's client programs of the server's version")
    found = connection.settings_dict
    where = [f"--host={found['HOST']}"] if found["HOST"] else []
    where += [f"--port={found['PORT']}"] if found["PORT"] else []
    where += [f"--username={found['USER']}"] if found["USER"] else []
    environment = {**os.environ, "PGPASSWORD": str(found["PASSWORD"])} if found["PASSWORD"] else dict(os.environ)
    done = subprocess.run(  # the program is PostgreSQL's, the arguments are ours
        [program, "--no-password", *where, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoBackup(f"{name} failed: {done.stderr.strip()[:500]}")


def _url(database: str) -> str:
    user, password, host, port = (
        quote(str(connection.settings_dict[key] or ""), safe="") for key in ("USER", "PASSWORD", "HOST", "PORT")
    )
    return f"postgres://{user}:{password}@{host}:{port}/{database}"
