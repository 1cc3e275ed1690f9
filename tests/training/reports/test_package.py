"""An auditor's package says what no report is on: releases, plans and services that nobody asked about."""

from typing import Any

import pytest

from governance.models import Document, Report
from governance.proof.checks.elsewhere import NOTHING
from governance.proof.checks.outcome import DOES_NOT_HOLD, HOLDS
from governance.proof.files.package_file import UNREPORTED, verify_package
from governance.proof.files.package_file import _report as report_line
from governance.proof.files.package_index import INDEX, PAGE, Index
from governance.proof.formats.zip_file import read_zip
from governance.proof.words import vocabulary
from governance.selectors import ledger
from governance.services import people, reports
from tests.governance.reports.test_audit_package import Files, altered
from tests.governance.reports.test_extract import built
from tests.support.story import Story
from tests.training.continuity import row
from training.services import deployments


def packed(story: Story, project: Any = None) -> bytes:
    return built(reports.request(actor=story.people["officer"], kind="audit-package", project=project))


def sealed(story: Story, kind: str, subject: Document) -> None:
    built(reports.request(actor=story.people["officer"], kind=kind, subject=subject))


def said(story: Story, package: bytes) -> tuple[int, bool | None, str]:
    """Return the outcome, and what is said of documents without a report."""
    found = verify_package(package, story.fingerprint)
    told = [line for line in found.checks if line.name == UNREPORTED]
    [ok] = {line.ok for line in told}
    return found.code, ok, " ".join(line.detail for line in told)


def hidden(_: Files, index: dict[str, Any]) -> None:
    index["unreported"].pop()


def hidden_and_not_counted(_: Files, index: dict[str, Any]) -> None:
    index["unreported"], index["looked_at"] = [], 0


def not_looked_for(_: Files, index: dict[str, Any]) -> None:
    index["looked_for"] = [one for one in index["looked_for"] if one["kind"] != "training.release"]
    gone = [one for one in index["unreported"] if one["kind"] == "training.release"]
    index["unreported"] = [one for one in index["unreported"] if one not in gone]
    index["looked_at"] -= len(gone)


def any_report_will_do(_: Files, index: dict[str, Any]) -> None:
    for one in index["looked_for"]:
        one["reports"] |= {"change": "series"}


def of_another(_: Files, index: dict[str, Any]) -> None:
    index["unreported"][0]["digest"] = f"sha256:{'0' * 64}"


def later(_: Files, index: dict[str, Any]) -> None:
    index["unreported"][0]["frozen_at"] = "2020-01-01T00:00:00.000000Z"


LIES = (hidden, hidden_and_not_counted, not_looked_for, any_report_will_do, of_another, later)


@pytest.mark.attack(
    name="hand out an auditor's package without a report on a release, and have its index say nothing of that",
    caught_by="what has no report is found again from the entries of the period, which are there without a gap",
    unless="the release was frozen before the period",
)
def test_releases_plans_and_services_without_a_report_are_named(story: Story) -> None:
    first, service = (
        deployments.register(
            actor=story.people["engineer"],
            project=story.project,
            row=row(release=story["release"].digest, environment="live", owner=owner),
        ).documents[0]
        for owner in ("Coding desk", "Archive")
    )
    assert service.series_id == first.series_id
    wanted = [story["thresholds"], story["release"], service]
    package = packed(story, story.project)
    index = Index.from_bytes(read_zip(package)[INDEX])
    assert [one.digest for one in index.unreported] == [one.digest for one in wanted], "a service is asked for once"
    assert index.looked_at == len(wanted)
    page = read_zip(package)[PAGE].decode()
    assert page.index("Without a report") < page.index(str(story["release"])) < page.index("Reports sealed")
    assert "3 of 3 documents" in page
    code, ok, detail = said(story, package)
    assert (code, ok) == (HOLDS, None)
    assert all(one.digest in detail for one in wanted)
    missed = [
        lie.__name__ for lie in LIES if said(story, altered(read_zip(package), lie))[:2] != (DOES_NOT_HOLD, False)
    ]
    assert not missed

    # A report on something else, or of another kind, is none; the dossier, and the report on an incident, are.
    sealed(story, "lineage", story["use_case"])
    built(Report.objects.filter(kind="receipt", subject=story["release"].digest).latest("requested_at"))
    assert said(story, packed(story, story.project))[1] is None
    sealed(story, "lineage", story["release"])
    sealed(story, "incident", service)
    code, ok, detail = said(story, packed(story))
    assert (code, ok) == (HOLDS, None)
    assert "1 of 3 documents" in detail
    assert story["thresholds"].digest in detail
    sealed(story, "lineage", story["thresholds"])
    package = packed(story)
    assert said(story, package)[:2] == (HOLDS, True)
    assert "0 of 3 documents" in read_zip(package)[PAGE].decode()

    # An entry that names another document than the report is on makes it no report on that.
    files = read_zip(package)
    one = next(one for one in Index.from_bytes(files[INDEX]).reports if one.kind == "incident")
    leaf = ledger.leaf(one.sealed_in)
    for subjects, holds in ((leaf.subjects, True), ([*leaf.subjects[:1], story["use_case"].digest], False)):
        line = report_line(one, leaf.model_copy(update={"subjects": subjects}), files, story.fingerprint, NOTHING)
        assert line.ok is holds, line.detail

    # Of a project, its own alone: another has nothing to tell.
    elsewhere = people.project_create(actor=story.people["owner"], name="Elsewhere")
    code, ok, detail = said(story, packed(story, elsewhere))
    assert (code, ok) == (HOLDS, True)
    assert detail.startswith("0 of 0 documents")


def test_each_kind_says_which_reports_it_waits_for() -> None:
    assert {name: dict(kind.wanted) for name, kind in vocabulary.kinds().items() if kind.wanted} == {
        "evals.thresholds": {"lineage": "version"},
        "training.release": {"lineage": "version"},
        "training.deployment": {"lineage": "version", "incident": "series"},
    }
