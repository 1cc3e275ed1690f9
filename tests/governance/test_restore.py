"""The runbook for restoring a backup, step by step, on both databases: a good backup, and one that is too old."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.governance.test_ledger import script, start
from tests.support.deployment import Deployment
from tests.support.postgres import Server

pytestmark = pytest.mark.crash

BEGIN = """
import json
from governance.selectors.keys import root_fingerprint
from governance.services.installation import Person, set_up
phrase = "a-long-pass-phrase-1"
people = [Person(name, name.title(), phrase) for name in ("owner", "officer")]
set_up(organisation="Restored", owner=people[0], officer=people[1], demo=True)
print(json.dumps(root_fingerprint()))
"""
GO_ON = """
import json, sys
from governance.models import User
from governance.selectors import ledger
from governance.services import people
owner = User.objects.get(username="owner")
for number in range(int(sys.argv[-1])):
    people.project_create(actor=owner, name=f"Project {sys.argv[-2]} {number}")
print(json.dumps(ledger.size()))
"""


def run(deployment: Deployment, name: str, text: str, *arguments: str) -> object:
    program = start(deployment, name, script(deployment, name, text), *arguments)
    assert program.process.wait(120) == 0, program.log.read_text()
    return json.loads(program.log.read_text().splitlines()[-1])


def backup(deployment: Deployment, place: Path, server: Server | None) -> Callable[[], None]:
    """Take a backup as the runbook says, database first; return what brings it back."""
    place.mkdir()
    folders = [deployment.folder / name for name in ("store", "dvc") if (deployment.folder / name).exists()]
    if server is None:
        file = deployment.folder / "db.sqlite3"
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(place / "copy.sqlite3")) as copy:
            source.backup(copy)
    else:
        tool(server, "pg_dump", "--format=custom", f"--file={place / 'dump'}", deployment.database_url)
    for folder in folders:
        shutil.copytree(folder, place / folder.name)

    def restore() -> None:
        for folder in folders:
            shutil.rmtree(folder)
            shutil.copytree(place / folder.name, folder)
        if server is None:
            for file in deployment.folder.glob("db.sqlite3*"):
                file.unlink()
            shutil.copy(place / "copy.sqlite3", deployment.folder / "db.sqlite3")
            return
        name = urlsplit(deployment.database_url).path.removeprefix("/")
        server.drop_database(name)
        server.create_database(name)
        tool(server, "pg_restore", f"--dbname={deployment.database_url}", str(place / "dump"))

    return restore


def tool(server: Server, name: str, *arguments: str) -> None:
    found = shutil.which(name, path=server.programs) or shutil.which(name)
    if found is None:
        pytest.skip(f"this PostgreSQL comes without {name}")
    subprocess.run([found, *arguments], check=True, capture_output=True, text=True)


def verified(deployment: Deployment, fingerprint: object, kept: Path) -> tuple[int, str]:
    arguments = ("--root", str(fingerprint), "--checkpoint", str(kept), "--hash-files")
    done = deployment.manage("verify_ledger", *arguments, check=False)
    return done.returncode, done.stdout


def keep(deployment: Deployment, kept: Path) -> None:
    """Sign the present state, and copy the checkpoints to where the server cannot reach them."""
    deployment.manage("checkpoint")
    shutil.copytree(deployment.folder / "checkpoints", kept, dirs_exist_ok=True)


def no_checkpoint(deployment: Deployment, newest: str) -> str:
    """Return why nothing is signed; it names the file that keeps the other history, what to do, and who."""
    done = deployment.manage("checkpoint", check=False)
    assert done.returncode == 1
    for said in (newest, "extends every checkpoint", "docs/operations.md", "the operator"):
        assert said in done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.attack(
    name="roll the installation back to a backup",
    caught_by="nothing is signed beside a kept checkpoint of another history; one kept elsewhere shows that the end is "
    "missing, and once the ledger has grown again that its root differs",
    unless="no checkpoint was kept since the backup was taken, here or elsewhere",
)
def test_a_restored_backup_holds_or_says_what_is_lost(each_deployment, request, tmp_path) -> None:
    deployment = each_deployment
    server = None if deployment.database_url.startswith("sqlite") else request.getfixturevalue("postgres_server")
    kept, fingerprint = tmp_path / "kept", run(deployment, "begin", BEGIN)
    run(deployment, "before", GO_ON, "before", "3")
    keep(deployment, kept)
    restore = backup(deployment, tmp_path / "backup", server)

    # A good backup: nothing was recorded since.
    restore()
    deployment.manage("migrate", "--verbosity", "0")
    code, told = verified(deployment, fingerprint, kept)
    assert code == 0, told
    run(deployment, "after", GO_ON, "after", "4")
    keep(deployment, kept)
    code, told = verified(deployment, fingerprint, kept)
    assert code == 0, told

    # The same backup, now too old: what was published since is gone, and growing past it does not hide that.
    restore()
    deployment.manage("migrate", "--verbosity", "0")
    code, told = verified(deployment, fingerprint, kept)
    assert code == 1
    assert "its end was cut off" in told
    assert "DOES NOT HOLD checkpoints" in told.replace("DOES NOT HOLD  ", "DOES NOT HOLD ")
    published = sorted(path.name for path in (deployment.folder / "checkpoints").iterdir())
    assert "its end was cut off" in no_checkpoint(deployment, published[-1])
    run(deployment, "again", GO_ON, "again", "9")
    assert "it was rewritten" in no_checkpoint(deployment, published[-1])
    assert sorted(path.name for path in (deployment.folder / "checkpoints").iterdir()) == published
    code, told = verified(deployment, fingerprint, kept)
    assert code == 1
    assert "history was rewritten" in told
