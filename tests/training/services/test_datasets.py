"""Datasets in DVC: what comes in is read strictly, what fails leaves nothing, what is altered later is noticed."""

import errno
import json
import os
import subprocess
from pathlib import Path

import pytest

from governance import events
from governance.errors import Denied, Invalid, Refused
from governance.models import Document, LedgerEvent
from governance.selectors import documents as docs
from governance.services import documents, jobs
from governance.services.reauthentication import Proof
from tests.support.story import PASSWORD
from training import dvc
from training.kinds import tuning as kinds
from training.purposes.train import dataset_faults
from training.services import datasets

pytestmark = pytest.mark.usefixtures("unforked")  # here DVC is started as everywhere outside the tests


def row(name="r1", **changes):
    fields = {"id": name, "messages": [{"role": "user", "content": f"phrase {name}"}], "target": '{"chapter":"eye"}'}
    return json.dumps(fields | changes).encode() + b"\n"


def rows(count=60):
    return b"".join(row(f"r{number}") for number in range(count))


def register(site, files=None, base=None, **more):
    return datasets.register(
        actor=site.engineer,
        project=site.story.project,
        title="Terms",
        description="d",
        source="s",
        contract=site.story["contract"],
        files=[("train.jsonl", [rows()])] if files is None else files,
        base=base,
        **more,
    )


def repository(site):
    return dvc.repository(str(site.story.project.id))


def unchanged(site, act, error, match):
    """The act fails in these words, and neither ledger, documents nor repository know of it."""
    root = repository(site)
    before = (LedgerEvent.objects.count(), Document.objects.count(), heads(root))
    with pytest.raises(error, match=match):
        act()
    assert (LedgerEvent.objects.count(), Document.objects.count(), heads(root)) == before


def heads(root: Path):
    if not (root / ".git").exists():
        return ""
    done = subprocess.run(["git", "log", "--format=%H"], cwd=root, capture_output=True, text=True)
    left = subprocess.run(["git", "status", "--porcelain"], cwd=root, capture_output=True, text=True)
    assert not left.stdout, left.stdout
    return done.stdout


@pytest.mark.parametrize(
    ("files", "match"),
    [
        ([], "found none"),
        ([("a.jsonl", [])], "empty"),
        ([("a.jsonl", [b"\xff\xfe\n"])], "UTF-8"),
        ([("a.jsonl", [b"\xef\xbb\xbf" + row()])], "byte order mark"),
        ([("a.jsonl", [row(extra=1)])], "extra"),
        ([("a.jsonl", [b'{"id":"a","id":"b"}\n'])], "twice"),
        ([("a.jsonl", [row("x"), row("x")])], "taken"),
        ([("a.jsonl", [row("x")]), ("b.jsonl", [row("x")])], "taken"),
        ([("a.jsonl", [row()]), ("a.jsonl", [row("y")])], "one name"),
        ([("a.jsonl", [row(), b"\n", row("y")])], "blank"),
        ([("a.jsonl", [b"[1]\n"])], "a.jsonl:1"),
        ([("a.jsonl", [row(target="")])], "target"),
        ([("../a.jsonl", [row()])], "relative"),
        ([("/etc/a.jsonl", [row()])], "relative"),
        ([(".git/../../a", [row()])], "relative"),
    ],
)
def test_bad_input(site, files, match):
    unchanged(site, lambda: register(site, files), Invalid, match)


def test_a_file_over_the_limit(site, settings):
    unchanged(site, lambda: register(site, limit=100), Invalid, "more than 100 bytes")
    settings.COUNTERSIGN_UPLOAD_LIMIT = 50  # the installation's own limit, when the caller names none
    unchanged(site, lambda: register(site), Invalid, "more than 50 bytes")


@pytest.mark.parametrize("who", ["officer", "expert"])
def test_somebody_without_the_role(site, who):
    """Nothing is registered, and the ledger tells who tried."""
    site.story.people["engineer"] = site.story.people[who]
    before = (Document.objects.count(), heads(repository(site)))
    with pytest.raises(Denied, match="data owner"):
        register(site)
    assert (Document.objects.count(), heads(repository(site))) == before
    tried = LedgerEvent.objects.order_by("-entry_id")[0]
    assert (tried.event, tried.actor) == (events.REFUSAL_ACCESS, site.story.people[who].actor)


class TestManaged:
    """One registered version after another, on one copy of the site each."""

    @pytest.fixture
    def made(self, site):
        return register(site)

    def test_versions_failures_and_tampering(self, site, made, monkeypatch):
        """One repository for all of it: starting DVC takes its time."""
        body = docs.body(made)
        assert dataset_faults(made) == []
        assert (body.rows, body.files[0].path, body.repository) == (60, "train.jsonl", str(site.story.project.id))
        self.fails_clean(site, made, monkeypatch)
        second = register(site, [("train.jsonl", [rows(61)])], base=made)
        assert (second.number, docs.body(second).path) == (2, body.path)
        assert dataset_faults(made) == []  # the earlier version's bytes are still there
        assert dataset_faults(second) == []
        self.tampering(site, made)
        self.wrong_versions(site, made)

    def fails_clean(self, site, made, monkeypatch):
        run = dvc._run

        def failing(root, *command):
            if "add" in command and "dvc" in command:
                raise dvc.DvcError("dvc add failed: locked")
            return run(root, *command)

        with monkeypatch.context() as patched:
            patched.setattr(dvc, "_run", failing)
            unchanged(site, lambda: register(site, base=made), dvc.DvcError, "locked")

        def full(*_):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        for place in ("training.dvc.shutil.copyfile", "governance.store.os.fsync"):
            with monkeypatch.context() as patched:
                patched.setattr(place, full)
                with pytest.raises(OSError, match="No space"):
                    register(site, base=made)
        assert Document.objects.filter(kind=kinds.DATASET).count() == 2  # the story's and this one
        assert not list((site.var / "store").glob(".scratch-*"))
        # What a writer leaves who is killed between `git add` and `git commit`, its lock included.
        root = repository(site)
        (root / "stray.txt").write_text("half written")
        subprocess.run(["git", "add", "-f", "stray.txt"], cwd=root, check=True)
        (root / ".git" / "index.lock").touch()

    def tampering(self, site, made):
        body = docs.body(made)
        cached = dvc.cached(body.repository, body.files[0].md5)
        content = cached.read_bytes()
        cached.chmod(0o644)
        cached.write_bytes(content.replace(b"phrase r7", b"phrase r8", 1))
        assert "its name says" in dataset_faults(made)[0]
        spec = self.run_on(site, made)
        with pytest.raises(Refused, match="dataset_bytes"):
            jobs.launch(actor=site.engineer, spec=spec)
        cached.write_bytes(content)
        assert dataset_faults(made) == []
        listing = dvc.cached(body.repository, body.dvc_md5)
        kept = listing.read_bytes()
        listing.chmod(0o644)
        listing.write_bytes(kept.replace(b"train", b"trail"))
        assert "altered" in dataset_faults(made)[0]
        listing.unlink()
        assert "cannot be read" in dataset_faults(made)[0]
        listing.write_bytes(kept)

    def wrong_versions(self, site, made):
        body = docs.envelope(made).body
        entry = docs.body(made).files
        project = body["repository"]
        for changes, match in (
            ({"commit": "f" * 40}, "failed"),
            ({"path": "../outside"}, "failed"),
            ({"path": "/etc/passwd"}, "failed"),
            ({"dvc_md5": "0" * 32 + ".dir"}, "names"),
        ):
            changed = body | changes
            found = dvc.faults(project, changed["commit"], changed["path"], changed["dvc_md5"], entry)
            assert match in found[0]
        elsewhere = dvc.faults("no-such-project", body["commit"], body["path"], body["dvc_md5"], entry)
        assert elsewhere  # and git did not look further up
        with pytest.raises(Invalid, match="relative"):
            dvc.add(project, "../outside", [], "escape")

    def run_on(self, site, dataset):
        site.story.made["real"] = dataset
        site.story.run_spec("on real data", baseline="baseline", dataset="real")
        return site.story["on real data"]

    def test_another_projects_data_is_out_of_reach(self, site, made):
        """A body that names another project's repository is read from its own project's, where it is not."""
        from governance.services import people

        owner = site.story.people["owner"]
        other = people.project_create(actor=owner, name="Other")
        people.role_grant(
            actor=owner, user=site.story.people["dataowner"], role="engineer", project=other, proof=Proof(PASSWORD)
        )
        contract = documents.document_submit(
            actor=site.story.people["dataowner"],
            project=other,
            kind=kinds.CONTRACT,
            body=docs.envelope(site.story["contract"]).body,
        )
        copied = documents.document_submit(
            actor=site.story.people["dataowner"],
            project=other,
            kind=kinds.DATASET,
            body=docs.envelope(made).body,
            references=[{"role": "contract", "digest": contract.digest}],
        )
        assert dataset_faults(copied)
