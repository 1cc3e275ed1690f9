"""The auditor's package holds every report sealed in the period, is checked by itself, and hides other projects."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from governance import keyfiles
from governance.access import AUDITOR
from governance.errors import Denied
from governance.models import Report
from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.kept_checkpoints import Consistency, Kept
from governance.proof.checks.outcome import COULD_NOT_CHECK, DOES_NOT_HOLD, FORKED, HOLDS
from governance.proof.files.package_file import verify_package
from governance.proof.files.package_index import INDEX, Index
from governance.proof.files.proved_zip import PERIOD
from governance.proof.files.report_file import verify_report
from governance.proof.formats import canonical
from governance.proof.formats.checkpoint import Checkpoint, sign_checkpoint
from governance.proof.formats.zip_file import read_zip, written
from governance.reports import tasks
from governance.services import reports
from tests.governance.cast import World
from tests.governance.proof.world import World as Elsewhere_
from tests.governance.reports.test_extract import built

Files = dict[str, bytes]


def altered(files: Files, change: Callable[[Files, dict[str, Any]], None]) -> bytes:
    """Return a package with something changed in its files and its index, which names the files as they then are.

    Whoever changes a package makes it fit: its digests, and the page that follows from its index.
    """
    made = dict(files)
    index = canonical.loads(made.pop(INDEX))
    change(made, index)
    page = Index.model_validate(index | {"files": {}}).page()
    made["index.html"] = page if made["index.html"] == files["index.html"] else made["index.html"]
    listed = {name: canonical.sha256(content) for name, content in sorted(made.items())}
    return written({**made, INDEX: canonical.dumps(index | {"files": listed})})


def left_out(files: Files, index: dict[str, Any]) -> None:
    del files[index["reports"].pop(1)["file"]]


def called_gone(files: Files, index: dict[str, Any]) -> None:
    del files[index["reports"][1]["file"]]
    index["reports"][1] |= {"file": "", "left_out": "not in the store any more"}


def called_a_package(files: Files, index: dict[str, Any]) -> None:
    called_gone(files, index)
    index["reports"][1] |= {"left_out": "a package itself", "kind": "audit-package"}


def exchanged(files: Files, index: dict[str, Any]) -> None:
    one, other = (index["reports"][number]["file"] for number in (0, 1))
    files[one] = files[other]
    index["reports"][0]["size"] = len(files[other])


def told_of_another(files: Files, index: dict[str, Any]) -> None:
    exchanged(files, index)
    index["reports"][0]["sha256"] = canonical.sha256(files[index["reports"][1]["file"]])


def dated_back(_: Files, index: dict[str, Any]) -> None:
    index["reports"][0]["sealed_at"] = "2020-01-01T00:00:00.000000Z"


def shortened(files: Files, _: dict[str, Any]) -> None:
    period = canonical.loads(files[PERIOD])
    files[PERIOD] = canonical.dumps(period | {"leaves": period["leaves"][:-1]})


def of_other_days(_: Files, index: dict[str, Any]) -> None:
    index["parameters"] = {"first": None, "last": "2020-01-01"}


def in_other_words(_: Files, index: dict[str, Any]) -> None:
    index["period"] = "the first entry to 2999-01-01"


def one_more(files: Files, _: dict[str, Any]) -> None:
    files["reports/another.pdf"] = b"%PDF"


def another_page(files: Files, _: dict[str, Any]) -> None:
    files["index.html"] = files["index.html"].replace(b"access", b"excess", 1) + b"<p>All is well.</p>"


def unproved(files: Files, _: dict[str, Any]) -> None:
    files["consistency.json"] = b"[]"


CHANGES: dict[str, tuple[Callable[[Files, dict[str, Any]], None], str]] = {
    "a report left out": (left_out, "expected"),
    "a report said to be gone": (called_gone, "is missing"),
    "a report said to be a package": (called_a_package, "otherwise than the entry does"),
    "a report exchanged for another true one": (exchanged, "the ledger’s entry"),
    "the same, and the index fits": (told_of_another, "otherwise than the entry does"),
    "a day changed in the index": (dated_back, "otherwise than the entry does"),
    "the last entry cut off": (shortened, "the period from entry 0 on"),
    "other days than were asked for": (of_other_days, "the period is wrong"),
    "the days in other words": (in_other_words, "it says that the period is"),
    "a file more": (one_more, "listed once"),
    "a page for people that says otherwise": (another_page, "is not the page that follows"),
    "no proof between its reports": (unproved, "nothing at hand shows"),
}


@pytest.mark.attack(
    name="leave a report out of an auditor's package, or put another in its place, and make its index fit",
    caught_by="the package has every ledger entry of its period; which reports there must be follows from these",
    unless="the report was never sealed",
)
def test_every_sealed_report_is_in_it_and_none_can_be_missing(committed_world: World) -> None:
    world = committed_world
    world.enrol("chief_auditor", AUDITOR)
    sealed = [
        built(reports.request(actor=world.auditor, kind="access", project=world.project)),
        built(reports.request(actor=world.auditor, kind="ledger-extract", project=world.project)),
        built(reports.request(actor=world.chief_auditor, kind="access")),
    ]
    asked = reports.request(actor=world.chief_auditor, kind="audit-package")
    package = built(asked)
    assert asked.filename.endswith(".zip")
    files = read_zip(package)
    index = Index.from_bytes(files[INDEX])
    assert sorted(content for name, content in files.items() if name.startswith("reports/")) == sorted(sealed)
    assert all(verify_report(files[one.file], world.fingerprint).code == HOLDS for one in index.reports)

    def checked(data: bytes, root: str | None = world.fingerprint, **given: Any) -> tuple[int, str]:
        found = verify_package(data, root, Elsewhere(**given))
        return found.code, " ".join(f"{line.name}: {line.detail}" for line in found.checks if not line.ok)

    found = verify_package(package, world.fingerprint)
    assert (found.code, [line for line in found.checks if line.ok is False]) == (HOLDS, [])
    assert {"package", "checkpoint", "period", "days", "index", "report", "earlier reports"} <= {
        line.name for line in found.checks if line.ok
    }
    missed = {}
    for what, (change, words) in CHANGES.items():
        code, said = checked(altered(files, change))
        if code != DOES_NOT_HOLD or words not in said:
            missed[what] = (code, said)
    assert not missed
    assert altered(files, lambda *_: None) == package

    # What is kept and asked for elsewhere holds a package to it, too; of another ledger it is nothing at all.
    assert checked(package, root=None)[0] == COULD_NOT_CHECK
    assert checked(package, least=index.ledger_size + 1)[0] == DOES_NOT_HOLD
    assert checked(package, root=f"sha256:{'0' * 64}")[0] == DOES_NOT_HOLD
    assert checked(package, root=Elsewhere_().fingerprint)[0] == DOES_NOT_HOLD
    assert checked(package, checkpoints=[Kept("kept", files["checkpoint"].decode())])[0] == HOLDS
    origin = files["checkpoint"].decode().partition("\n")[0]
    other = Checkpoint(origin, index.reports[0].ledger_size, bytes(32))
    forged = sign_checkpoint(other, origin, keyfiles.signer("log"))
    proofs = [Consistency.model_validate(one) for one in canonical.loads(files["consistency.json"])]
    assert {proof.old for proof in proofs} >= {other.size}
    assert checked(package, checkpoints=[Kept("kept", forged)])[0] == FORKED
    assert checked(written({"index.json": b"{}"}))[0] == COULD_NOT_CHECK
    assert checked(package[:-1])[0] == checked(b"PK" + package)[0] == checked(package + b"x")[0] == DOES_NOT_HOLD
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as again:
        for name, content in files.items():
            again.writestr(name, content)
    assert "packed or encrypted" in checked(packed.getvalue())[1]

    # Of a project: its own reports alone; the entries of others are hashes.
    theirs = built(reports.request(actor=world.auditor, kind="audit-package", project=world.project))
    own = Index.from_bytes(read_zip(theirs)[INDEX])
    assert [one.kind for one in own.reports] == ["access", "ledger-extract"]
    assert own.hidden > 0
    assert verify_package(theirs, world.fingerprint).code == HOLDS
    # A package is left out of the next, and said to be.
    whole = built(reports.request(actor=world.chief_auditor, kind="audit-package"))
    assert "is a package itself" in checked(whole)[1]
    with pytest.raises(Denied):
        reports.request(actor=world.engineer, kind="audit-package", project=world.project)


def test_a_report_that_the_rows_forgot_stops_the_package(committed_world: World) -> None:
    world = committed_world
    made = reports.request(actor=world.auditor, kind="ledger-extract", project=world.project)
    built(made)
    asked: Any = reports.request(actor=world.auditor, kind="audit-package", project=world.project)
    Report.objects.filter(pk=made.pk).update(file_sha256=f"sha256:{'0' * 64}")
    tasks.build(asked)
    asked.refresh_from_db()
    assert asked.state == Report.State.FAILED
    assert "of which no row is left" in asked.error
