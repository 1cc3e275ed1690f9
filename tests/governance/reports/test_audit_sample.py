"""Audit samples: built by the worker, the same bytes again, drawn again off line, and refused when anything changed."""

import base64
import hashlib
import json
import math
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from client.failure import FAILED, OK
from client.main import app
from governance import keyfiles, registry, store
from governance.access import AUDITOR
from governance.errors import Denied, Invalid
from governance.models import Job, LedgerEntry, LedgerEvent, Report
from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.kept_checkpoints import Consistency, Kept
from governance.proof.checks.outcome import COULD_NOT_CHECK, DOES_NOT_HOLD, FORKED, HOLDS
from governance.proof.files.package_file import verify_package
from governance.proof.files.sample_file import verify_sample
from governance.proof.files.sample_index import INDEX, PAGE, Index
from governance.proof.formats import canonical
from governance.proof.formats.checkpoint import Checkpoint, sign_checkpoint
from governance.proof.formats.leaf import Leaf, leaves_in
from governance.proof.formats.zip_file import read_zip, written
from governance.registry import Sampling
from governance.reports import audit_sample
from governance.reports.gather_evidence import goes_on
from governance.selectors import ledger
from governance.selectors.witnesses import note_of
from governance.services import documents, jobs, reports
from governance.services.checkpoints import checkpoint_at
from tests.governance import cast
from tests.governance import jobs as sample
from tests.governance.cast import World
from tests.governance.reports.test_extract import built

Files = dict[str, bytes]
Change = Callable[[Files, dict[str, Any]], None]
FIRST = "records/001/leaves.json"


@pytest.fixture
def world(committed_world: World, monkeypatch: Any) -> World:
    world = committed_world
    sample.done(world, monkeypatch, world.note("Done"))
    jobs.cancel(actor=world.engineer, job=jobs.launch(actor=world.engineer, spec=world.note("Cancelled")))
    entry = store.put([b"what came of it"])
    noted = {"title": "With a file", "text": "", "files": [entry.model_dump() | {"path": "result.json"}]}
    world.agree(documents.document_submit(actor=world.engineer, project=world.project, kind=cast.NOTE, body=noted))
    world.enrol("chief_auditor", AUDITOR)
    return world


def ask(world: World, who: str = "chief_auditor", **more: Any) -> Report:
    project = more.pop("project", None)
    return reports.request(actor=getattr(world, who), kind="audit-sample", project=project, parameters=more)


def opened(data: bytes) -> tuple[Files, dict[str, Any]]:
    files = read_zip(data)
    return files, json.loads(files[INDEX])


def complete() -> list[Leaf]:
    """Return the complete list of leaves."""
    return leaves_in(bytes(row) for row in LedgerEntry.objects.order_by("seq").values_list("leaf", flat=True))


def altered(data: bytes, change: Change) -> bytes:
    """Return a sample with something changed, of which index, page and digests fit: whoever changes it makes it fit."""
    files, index = opened(data)
    page = files[PAGE]
    del files[INDEX]
    change(files, index)
    if files.get(PAGE) == page:
        files[PAGE] = Index.model_validate(index | {"files": {}}).page()
    listed = {name: canonical.sha256(content) for name, content in sorted(files.items())}
    return written({**files, INDEX: canonical.dumps(index | {"files": listed})})


def wrong(data: bytes, world: World, leaves: list[Leaf] | None = None, **given: Any) -> tuple[int, str]:
    found = verify_sample(data, world.fingerprint, Elsewhere(**given), leaves)
    return found.code, " ".join(f"{line.name}: {line.detail}" for line in found.checks if line.ok is False)


def fewer_records(files: Files, index: dict[str, Any]) -> None:
    last = index["records"].pop()["folder"]
    for name in [name for name in files if name.startswith(f"{last}/")]:
        del files[name]


def swapped(files: Files, index: dict[str, Any]) -> None:
    """Put a true record of the population, which was not drawn, in the place of one that was."""
    period = json.loads(files["period.json"])["leaves"]
    drawn = {one["name"] for one in index["records"]}
    leaf = next(
        Leaf.from_bytes(data)
        for data in map(base64.b64decode, period)
        if b'"document:version:frozen"' in data and Leaf.from_bytes(data).subjects[0] not in drawn
    )
    name = leaf.subjects[0]
    ticket = hashlib.sha256(f"{index['recipe']['seed']}:{name}".encode()).hexdigest()
    index["records"][0] |= {"name": name, "entry": leaf.seq, "ticket": ticket}


def recipe(**more: Any) -> Change:
    def change(_: Files, index: dict[str, Any]) -> None:
        index["recipe"] |= more

    return change


def question(**more: Any) -> Change:
    def change(_: Files, index: dict[str, Any]) -> None:
        index["parameters"] |= more
        index["recipe"] |= {name: value for name, value in more.items() if name not in ("first", "last")}

    return change


def told(**more: Any) -> Change:
    return lambda _, index: index.update(more)


def told_of_a_record(**more: Any) -> Change:
    return lambda _, index: index["records"][0].update(more)


def moved_to_another_stratum(_: Files, index: dict[str, Any]) -> None:
    name = next(iter(index["strata"]))
    index["strata"] |= {name: {**index["strata"][name], "population": 1}, "other": {"population": 1, "drawn": 0}}


def without_an_entry(files: Files, index: dict[str, Any]) -> None:
    leaves = json.loads(files[FIRST])["leaves"][1:]
    files[FIRST] = canonical.dumps({"leaves": leaves})
    index["records"][0]["entries"] -= 1


def of_another_record(files: Files, _: dict[str, Any]) -> None:
    files[FIRST] = files["records/002/leaves.json"]


def with_a_leaf_forged(files: Files, _: dict[str, Any]) -> None:
    entries = json.loads(files[FIRST])["leaves"]
    leaf = base64.b64decode(entries[0]["leaf"]).replace(b"frozen", b"frosen")
    files[FIRST] = canonical.dumps({"leaves": [{**entries[0], "leaf": base64.b64encode(leaf).decode()}, *entries[1:]]})


def shortened(files: Files, _: dict[str, Any]) -> None:
    period = json.loads(files["period.json"])
    files["period.json"] = canonical.dumps({**period, "leaves": period["leaves"][:-1]})


def without_the_request(files: Files, _: dict[str, Any]) -> None:
    files["around.json"] = b"[]"


def in_a_folder_of_its_own(files: Files, _: dict[str, Any]) -> None:
    files["records/999/leaves.json"] = files[FIRST]


def beside_the_record(files: Files, _: dict[str, Any]) -> None:
    files["records/001/opinion.txt"] = b"All is well."


def another_page(files: Files, _: dict[str, Any]) -> None:
    files[PAGE] += b"<p>All is well.</p>"


def document(change: Callable[[bytes], bytes] | None) -> Change:
    def made(files: Files, index: dict[str, Any]) -> None:
        name = next(name for name in files if name.startswith("records/001/documents/"))
        if change is None:
            del files[name]
        else:
            files[name] = change(files[name])

    return made


def signature(change: Callable[[bytes], bytes] | None) -> Change:
    def made(files: Files, _: dict[str, Any]) -> None:
        name = next(name for name in files if "/signatures/" in name)
        if change is None:
            del files[name]
        else:
            files[name] = change(files[name])

    return made


def file_gone(files: Files, index: dict[str, Any]) -> None:
    [name] = [name for name in files if "/files/" in name]
    del files[name]


def file_not_listed(files: Files, index: dict[str, Any]) -> None:
    file_gone(files, index)
    for one in index["records"]:
        one["files"] = []


def file_for_no_reason(files: Files, index: dict[str, Any]) -> None:
    file_gone(files, index)
    for one in index["records"]:
        one["files"] = [{**file, "left_out": "it is dull"} for file in one["files"]]


def file_changed(files: Files, _: dict[str, Any]) -> None:
    [name] = [name for name in files if "/files/" in name]
    files[name] = b"what else came of it"


CHANGES: dict[str, tuple[Change, str]] = {
    "a record fewer": (fewer_records, "other records were drawn"),
    "a true record that was not drawn": (swapped, "other records were drawn"),
    "a seed that suits": (recipe(seed="0" * 64), "its recipe has seed"),
    "a seed of one's own, in the question too": (question(seed="7", chosen=True), "committed to the question"),
    "a smaller sample": (question(size=1), "committed to the question"),
    "another population": (question(population="sign_offs"), "committed to the question"),
    "other days": (question(first="2020-01-01", last="2020-01-02"), "committed to the question"),
    "a population that ends later": (recipe(stop=9999), "its recipe has stop"),
    "a population that begins later": (recipe(first=3), "its recipe has first"),
    "of another project": (told(project="0" * 8 + "-0000-0000-0000-" + "0" * 12), "committed to the question"),
    "another number in the population": (told(population=3), "its index gives population"),
    "a stratum moved": (moved_to_another_stratum, "its index gives strata"),
    "a bound that flatters": (told(bound="At most 0 of them do."), "its index gives bound"),
    "a record told of as in another stratum": (told_of_a_record(stratum="dull"), "gives stratum"),
    "a ticket that was not drawn": (told_of_a_record(ticket="0" * 64), "gives ticket"),
    "entries said to be left out": (told_of_a_record(entries_left_out=5), "gives entries_left_out"),
    "an entry about a record left out": (without_an_entry, "missing, added or moved"),
    "entries of another record": (of_another_record, "missing, added or moved"),
    "a forged entry": (with_a_leaf_forged, "leads to root"),
    "the last entry of the period cut off": (shortened, "the period from entry 0 on"),
    "a document changed": (document(lambda data: data.replace(b'"number":1', b'"number":9')), "missing or altered"),
    "a document left out": (document(None), "missing or altered"),
    "a statement left out": (signature(None), "is missing"),
    "a statement exchanged": (signature(lambda data: data.replace(b"a", b"b")), "signed"),
    "a file left out": (file_gone, "result.json is missing"),
    "a file left out and not listed": (file_not_listed, "listed otherwise"),
    "a file left out for no reason": (file_for_no_reason, "which is no reason"),
    "a file changed": (file_changed, "another digest than its name says"),
    "a folder more": (in_a_folder_of_its_own, "in the folder of no record"),
    "a file more": (beside_the_record, "no part of the record"),
    "a page that says otherwise": (another_page, "is not the page that follows"),
}


def drawn_by_the_book(data: bytes) -> list[str]:
    """Return the names drawn of all frozen documents, by code that knows the documented rule and none of ours."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        period = json.loads(package.read("period.json"))
        asked = json.loads(package.read("sample.json"))["parameters"]
        root = package.read("checkpoint").decode().split("\n")[2]
    seed = asked["seed"] or base64.b64decode(root).hex()
    kinds: dict[str, list[tuple[str, str, int]]] = {}
    for place, text in enumerate(period["leaves"], start=period["first"]):
        leaf = json.loads(base64.b64decode(text))
        if leaf["event"] == "document:version:frozen":
            name = leaf["subjects"][0]
            ticket = hashlib.sha256((seed + ":" + name).encode()).hexdigest()
            kinds.setdefault(leaf["data"]["kind"], []).append((ticket, name, place))
    total, wanted = sum(map(len, kinds.values())), asked["size"]
    quota = {kind: wanted * len(all_) / total for kind, all_ in kinds.items()}
    seats = {kind: max(1, math.floor(share)) for kind, share in quota.items()}
    for kind in sorted(kinds, key=lambda kind: (-(quota[kind] - math.floor(quota[kind])), kind)):
        if sum(seats.values()) < wanted and seats[kind] <= quota[kind]:
            seats[kind] += 1
    assert sum(seats.values()) == wanted, "the example wants no seat back"
    taken = [one for kind, all_ in kinds.items() for one in sorted(all_)[: seats[kind]]]
    return [name for _, name, _ in sorted(taken, key=lambda one: one[2])]


@pytest.mark.attack(
    name="hand the auditor other records than the seed draws, or change one",
    caught_by="countersign verify holds the question to the ledger's entry of it, counts the population from the whole "
    "period, draws again and proves every entry",
    unless="the leaves are another history, which a kept checkpoint shows",
)
def test_it_is_verified_as_it_is_and_nothing_can_be_exchanged(world: World) -> None:
    report = ask(world, population="documents", size=4)
    data = built(report)
    assert report.filename.endswith(".zip")
    assert audit_sample.build(report, opened(data)[0]["checkpoint"].decode(), lambda what: None) == data
    files, index = opened(data)
    assert (index["recipe"]["chosen"], index["recipe"]["seed"]) == (False, ledger.root(report.ledger_size).hex())
    assert drawn_by_the_book(data) == [one["name"] for one in index["records"]]
    assert len({one["stratum"] for one in index["records"]}) == 2
    assert "95 %" in index["bound"]
    found = verify_sample(data, world.fingerprint)
    assert (found.code, [line for line in found.checks if line.ok is False]) == (HOLDS, [])
    held = {line.name: line.detail for line in found.checks if line.ok}
    assert {"sample", "checkpoint", "period", "days", "request", "drawn", "seed", "records"} <= set(held)
    assert f"4 of {index['population']} documents" in held["drawn"]
    unseen = [line.detail for line in found.checks if line.ok is None]
    assert any("did not write requests until their root suited it" in line for line in unseen)
    assert wrong(data, world, complete()) == (HOLDS, "")

    assert altered(data, lambda *_: None) == data
    everything = built(ask(world, population="documents", size=200))  # with the file that one of them names
    missed = {}
    for what, (change, words) in CHANGES.items():
        of = everything if ("file" in what and "more" not in what) or "statement" in what else data
        code, said = wrong(altered(of, change), world)
        if code != DOES_NOT_HOLD or words not in said:
            missed[what] = (code, said)
    assert not missed
    assert (
        wrong(altered(built(ask(world, population="runs", last="2020-01-01")), without_the_request), world)[0]
        == DOES_NOT_HOLD
    )
    # What another program would make of it is no sample of ours.
    packed, twice = BytesIO(), BytesIO(data)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as again:
        for name, content in files.items():
            again.writestr(name, content)
    with zipfile.ZipFile(twice, "a") as again, pytest.warns(UserWarning, match="Duplicate"):
        again.writestr(INDEX, files[INDEX])
    led_out = written({**files, "records/001/files/x": b""}).replace(b"records/001/files/x", b"../../../../etc/pass")
    for hostile in (packed.getvalue(), twice.getvalue(), led_out, data + b"x", b"x" + data, data[:-1]):
        assert wrong(hostile, world)[0] in (DOES_NOT_HOLD, COULD_NOT_CHECK)
    assert verify_sample(data, None).code == COULD_NOT_CHECK
    assert verify_sample(b"PK\x03\x04", world.fingerprint).code == COULD_NOT_CHECK
    assert wrong(data, world, least=report.ledger_size + 1)[0] == DOES_NOT_HOLD
    # Of a list of leaves in which one is missing, moved or of elsewhere nothing follows.
    whole = complete()
    for lacking in ([*whole[:5], *whole[6:], whole[5]], whole[:-9]):
        assert "list of leaves" in wrong(data, world, lacking)[1]


@pytest.mark.attack(
    name="draw a sample by a seed that suits, from a population that was added to, or as of a size that was looked for",
    caught_by="the request's entry commits to the seed; with a checkpoint kept from before, the population to it; a "
    "sample tells of the ledger that ends with its request",
    unless="the seed was left to a server that wrote requests until the root suited it, which the verifier says",
)
def test_who_can_aim_is_told(world: World) -> None:
    kept = Kept("kept", note_of(checkpoint_at(ledger.size())))
    size = ledger.size()
    world.note("After it was kept")
    report = ask(world, population="documents", size=3, seed="dice: 3 1 4")
    data = built(report)
    between = [goes_on(size, report.ledger_size)]
    index = opened(data)[1]
    assert (index["recipe"]["chosen"], index["recipe"]["seed"]) == (True, "dice: 3 1 4")

    def seed(checkpoints: list[Kept], of: bytes = data, proofs: list[Consistency] = between) -> tuple[bool | None, str]:
        found = verify_sample(of, world.fingerprint, Elsewhere(checkpoints=checkpoints, consistency=proofs))
        assert found.code == HOLDS
        [line] = [line for line in found.checks if line.name == "seed"]
        return line.ok, line.detail

    assert seed([]) == seed([kept])
    assert seed([kept])[0] is None
    later = [Kept("later", opened(data)[0]["checkpoint"].decode())]
    assert seed(later)[0] is None  # it was kept after the seed was known
    # Days that are over, and a checkpoint from then.
    over = ask(world, population="refusals", size=3, seed="dice: 3 1 4", last="2020-01-01")
    ok, detail = seed([kept], built(over), [goes_on(size, over.ledger_size)])
    assert (ok, "that you kept" in detail) == (True, True)
    origin = kept.note.partition("\n")[0]
    forged = sign_checkpoint(Checkpoint(origin, size, bytes(32)), origin, keyfiles.signer("log"))
    assert wrong(data, world, checkpoints=[Kept("kept", forged)], consistency=between)[0] == FORKED
    # Of a past size the root is known: whoever may name the size can look for one that suits.
    for given in ({}, {"seed": "7"}):
        with pytest.raises(Invalid, match="nobody knows beforehand"):
            reports.request(
                actor=world.chief_auditor,
                kind="audit-sample",
                parameters={"population": "documents", "size": 3, **given},
                ledger_size=size,
            )
    again = reports.request(
        actor=world.chief_auditor, kind="audit-sample", parameters=report.asked, ledger_size=report.ledger_size
    )
    assert again == report


def test_every_population_and_what_stays_hidden(world: World, monkeypatch: Any) -> None:
    for population, least in (("runs", 2), ("releases", 0), ("sign_offs", 2), ("refusals", 0)):
        data = built(ask(world, population=population, size=3, seed="chosen by me"))
        assert len(opened(data)[1]["records"]) >= min(least, 3), population
        assert wrong(data, world) == wrong(data, world, complete()) == (HOLDS, ""), population
    ran = ask(world, population="runs", size=9)
    first = built(ran)
    [done] = [one for one in opened(first)[1]["records"] if one["stratum"].endswith("succeeded")]
    assert len(done["documents"]) == 2  # what was asked and what came of it
    Job.objects.filter(pk=done["name"]).update(output=None)  # a row changes nothing, nor does what comes later
    jobs.launch(actor=world.engineer, spec=world.note("Later"))
    assert audit_sample.build(ran, opened(first)[0]["checkpoint"].decode(), lambda what: None) == first
    own = built(ask(world, "auditor", population="documents", kind=cast.NOTE, size=200, project=world.project))
    files, index = opened(own)
    assert wrong(own, world) == (HOLDS, "")
    assert json.loads(files["period.json"])["hidden"]
    [file] = [file for one in index["records"] for file in one["files"]]
    assert (file["path"], file["left_out"]) == ("result.json", "")
    assert b"what came of it" in files.values()
    assert not [data for data in files.values() if b"Stranger" in data]
    kept = Sampling(lambda *_: [], lambda *_: [], lambda document: frozenset({"engineer"}))
    monkeypatch.setitem(registry.KINDS, cast.NOTE, replace(cast.NOTE_KIND, sample=kept))
    without = built(ask(world, population="documents", kind=cast.NOTE, size=200))
    files, index = opened(without)
    [file] = [file for one in index["records"] for file in one["files"]]
    assert file["left_out"] == "cases are kept from some"
    assert b"what came of it" not in files.values()
    found = verify_sample(without, world.fingerprint)
    assert found.code == HOLDS
    assert any("why 1 file is left out" in line.detail for line in found.checks if line.ok is None)
    made = Report.objects.filter(kind="audit-sample", state=Report.State.READY)
    told_of = LedgerEvent.objects.filter(event="report:file:sealed", entry__in=made.values("seq"))
    assert (made.count(), told_of.count()) == (7, 7)
    # A package that holds samples verifies each of them, too.
    package = built(reports.request(actor=world.chief_auditor, kind="audit-package"))
    found = verify_package(package, world.fingerprint)
    assert found.code == HOLDS
    lines = [line for line in found.checks if line.name == "report" and "audit-sample" in line.detail]
    assert Counter(line.ok for line in lines) == {True: 7}


def test_the_command_verifies_one_with_or_without_the_list_of_leaves(world: World, tmp_path: Path) -> None:
    file, kept = tmp_path / "sample.zip", tmp_path / "leaves.jsonl"
    data = built(ask(world, population="sign_offs", size=2))
    kept.write_bytes(b"".join(leaf.to_bytes() + b"\n" for leaf in complete()))

    def ran(content: bytes, *more: str) -> Any:
        file.write_bytes(content)
        return CliRunner().invoke(app, ["verify", str(file), "--root", world.fingerprint, *more])

    assert "give the complete list of leaves" in ran(data).stdout
    with_leaves = ran(data, "--leaves", str(kept))
    assert (with_leaves.exit_code, "complete list" in with_leaves.stdout) == (OK, False)
    lie = ran(altered(data, fewer_records), "--leaves", str(kept))
    assert (lie.exit_code, "other records were drawn" in lie.stdout) == (FAILED, True)
    kept.write_bytes(b"no leaf\n")
    assert "line 1" in ran(data, "--leaves", str(kept)).stdout


def test_who_asks_for_one_and_what_makes_no_sense(world: World) -> None:
    with pytest.raises(Denied):
        ask(world, "engineer", population="runs", project=world.project)
    for more in (
        {"population": "wishes"},
        {"population": "runs", "size": 0},
        {"population": "runs", "kind": cast.NOTE},
    ):
        with pytest.raises(Invalid):
            ask(world, **more)
