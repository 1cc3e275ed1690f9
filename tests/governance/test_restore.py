"""The runbook for restoring a backup, step by step, on both databases: a good backup, and one that is too old."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from governance import safekeeping
from governance.proof.formats.canonical import dumps, sha256
from tests.governance.test_ledger import script, start
from tests.support.deployment import Deployment
from tests.support.postgres import Server

pytestmark = pytest.mark.crash
DIGEST = "sha256:" + "0" * 64

BEGIN = """
import json
from governance import store
from governance.selectors.keys import root_fingerprint
from governance.services.installation import Person, set_up
phrase = "a-long-pass-phrase-1"
people = [Person(name, name.title(), phrase) for name in ("owner", "officer")]
store.put([b"a file that documents may name"])
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
NEWEST = """
import json
from governance import events
from governance.models import LedgerEvent
from governance.selectors import ledger
from governance.selectors.safekeeping import newest
made = newest()
tried = [e.entry_id for e in LedgerEvent.objects.filter(event=events.BACKUP_CHECKED).order_by("entry_id")]
print(json.dumps([made is not None, [ledger.leaves_at({n})[n].data["holds"] for n in tried] == [True, False]]))
"""


def run(deployment: Deployment, name: str, text: str, *arguments: str) -> object:
    program = start(deployment, name, script(deployment, name, text), *arguments)
    assert program.process.wait(120) == 0, program.log.read_text()
    return json.loads(program.log.read_text().splitlines()[-1])


def backup(deployment: Deployment, place: Path, server: Server | None) -> Callable[[], None]:
    """Take a backup as the runbook says, while nothing stops; return what brings it back, step by step."""
    with_tools(deployment, server, "backup", str(place))

    def restore() -> None:
        for folder in ("store", "dvc"):
            shutil.rmtree(deployment.folder / folder, ignore_errors=True)
            shutil.copytree(place / folder, deployment.folder / folder)
        if server is None:
            for file in deployment.folder.glob("db.sqlite3*"):
                file.unlink()
            shutil.copy(place / "database.sqlite3", deployment.folder / "db.sqlite3")
            return
        name = urlsplit(deployment.database_url).path.removeprefix("/")
        server.drop_database(name)
        server.create_database(name)
        program = shutil.which("pg_restore", path=path_of(server))
        assert program is not None
        subprocess.run([program, f"--dbname={deployment.database_url}", str(place / "database.dump")], check=True)

    return restore


def path_of(server: Server | None) -> str:
    return f"{server.programs}{os.pathsep}{os.environ['PATH']}" if server else os.environ["PATH"]


def with_tools(
    deployment: Deployment, server: Server | None, *arguments: str, code: int = 0
) -> subprocess.CompletedProcess[str]:
    if server is not None and shutil.which("pg_dump", path=path_of(server)) is None:
        pytest.skip("this PostgreSQL comes without pg_dump")
    done = deployment.manage(*arguments, check=False, PATH=path_of(server))
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


def altered_copies(deployment: Deployment, server: Server | None, place: Path) -> None:
    """What was changed in a backup is found when it is checked, and named; the live ledger says how it came out."""
    assert "is sound and a beginning of this one" in with_tools(deployment, server, "check_backup", str(place)).stdout
    bad = place.with_name("bad")
    shutil.copytree(place, bad)
    file = next(path for path in (bad / "store").rglob("*") if path.is_file())
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    (bad / "store" / "more").write_text("not named")
    told = with_tools(deployment, server, "check_backup", str(bad), code=1).stdout
    assert f"{file.relative_to(bad)} is altered" in told
    assert "store/more is not in the manifest" in told
    assert "restored," not in told, "what was changed is never brought into a database"
    assert run(deployment, "newest", NEWEST) == [True, True], "the newest is on the ledger; the altered copy held not"
    shutil.rmtree(bad)


def forged(deployment: Deployment, server: Server | None, place: Path) -> None:
    """A dump with a manifest that fits it, which this installation never made, is not carried out."""
    bad = place.with_name("forged")
    shutil.copytree(place, bad)
    manifest = safekeeping.Manifest.model_validate_json((bad / "manifest.json").read_bytes())
    name = safekeeping.DATABASES[manifest.database]
    (bad / name).write_bytes(b"no dump")
    kept = safekeeping.Kept(path=name, size=7, sha256=sha256(b"no dump"))
    files = tuple(kept if file.path == name else file for file in manifest.files)
    text = dumps(manifest.model_copy(update={"files": files}).model_dump(mode="json"))
    (bad / "manifest.json").write_bytes(text)
    told = with_tools(deployment, server, "check_backup", str(bad), code=1).stdout
    assert told.count("DOES NOT HOLD") == 1, told
    assert "this ledger tells of no backup with its manifest" in told
    # What is named from elsewhere is tried. A file that is no database is read as one; pg_restore gives up.
    with_tools(deployment, server, "check_backup", str(bad), "--manifest", sha256(text), code=2 if server else 1)


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
    altered_copies(deployment, server, tmp_path / "backup")
    forged(deployment, server, tmp_path / "backup")

    # A good backup: nothing was recorded since.
    restore()
    deployment.manage("migrate", "--verbosity", "0")
    code, told = verified(deployment, fingerprint, kept)
    assert code == 0, told
    run(deployment, "after", GO_ON, "after", "4")
    keep(deployment, kept)
    code, told = verified(deployment, fingerprint, kept)
    assert code == 0, told
    backup(deployment, tmp_path / "newer", server)

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
    # A backup of what was lost is no beginning of what was made of it since.
    told = with_tools(deployment, server, "check_backup", str(tmp_path / "newer"), code=1).stdout
    assert "is no beginning of this one" in told


def test_no_backup_is_written_over_anything_or_read_without_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("something")
    with pytest.raises(safekeeping.NoBackup, match="expected a new or empty folder"):
        safekeeping.take(tmp_path, fingerprint=DIGEST, at=datetime.now(UTC))
    with pytest.raises(safekeeping.NoBackup, match="is no backup"):
        safekeeping.read(tmp_path)
    kept = safekeeping.Kept(path="../elsewhere", size=0, sha256=DIGEST)
    manifest = safekeeping.Manifest(
        format="countersign-backup/1", made_at="2026-01-01T00:00:00.000000Z", database="sqlite", size=1, root="00",
        root_fingerprint=DIGEST, left_out=(), files=(kept,),
    )  # fmt: skip
    assert list(safekeeping.faults(tmp_path, manifest)) == [
        "there is not in the manifest", "'../elsewhere' leads out of the backup",
    ]  # fmt: skip
