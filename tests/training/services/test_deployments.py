"""Registering deployments: one or many, all or nothing, and never on the strength of somebody else's release."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest

from governance.access import ENGINEER
from governance.errors import Denied, Invalid, NotFound
from governance.models import Document, LedgerEvent
from governance.selectors import ledger
from governance.services import documents, people
from governance.services.reauthentication import Proof
from tests.support.story import PASSWORD, Story
from tests.training.continuity import row
from training.bodies.continuity import DEPLOYMENT
from training.services import deployments as service
from training.services.deployments import FIELDS, Registered


def register(story: Story, who: str = "engineer", **more: str) -> Registered:
    return service.register(actor=story.people[who], project=story.project, row=row(**more))


def table(*rows: dict[str, str], columns: tuple[str, ...] = FIELDS) -> tuple[str, list[bytes]]:
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return "services.csv", [target.getvalue().encode()]


def many(count: int, **more: str) -> list[dict[str, str]]:
    return [row(service=f"Service {number}", stated_base="small", **more) for number in range(count)]


def read_in(story: Story, *rows: dict[str, str], **more: Any) -> Registered:
    return service.read_in(actor=story.people["engineer"], project=story.project, file=table(*rows, **more))


def test_a_service_in_an_environment_is_one_series(story: Story) -> None:
    (first,) = register(story, release=story["release"].digest).documents
    (other,) = register(story, environment="staging", release=story["release"].digest).documents
    (second,) = register(story, service=" coding  QUEUE ", run_record=story["record"].digest).documents
    assert (second.series_id, second.number) == (first.series_id, 2)
    assert other.series_id != first.series_id


def test_what_is_on_record_already_is_not_frozen_again(story: Story) -> None:
    register(story, release=story["release"].digest)
    size = ledger.size()
    assert register(story, release=story["release"].digest) == Registered((), 1)
    assert ledger.size() == size


@pytest.mark.attack(
    name="register a deployment on somebody else's release",
    caught_by="what is named must be of the project or the shelf; another project's looks like nothing",
    unless="the release is of the same project, and something else really serves",
)
def test_what_it_serves_must_be_there_for_this_project(story: Story) -> None:
    """Somebody else's release looks like one that never was."""
    elsewhere = people.project_create(actor=story.people["owner"], name="Elsewhere")
    people.role_grant(
        actor=story.people["owner"], user=story.people["engineer"], role=ENGINEER, project=elsewhere,
        proof=Proof(PASSWORD),
    )  # fmt: skip
    reasons = []
    for digest in (story["release"].digest, "sha256:" + "0" * 64):
        with pytest.raises(Invalid) as refused:
            service.register(actor=story.people["engineer"], project=elsewhere, row=row(release=digest))
        assert refused.value.field == "release"
        reasons.append(refused.value.reason.replace(digest, ""))
    assert reasons[0] == reasons[1]
    with pytest.raises(Invalid, match="no document"):
        documents.document_submit(
            actor=story.people["engineer"], project=elsewhere, kind=DEPLOYMENT,
            body=_body(), references=[{"role": "release", "digest": story["release"].digest}],
        )  # fmt: skip
    assert not Document.objects.filter(kind=DEPLOYMENT).exists()


def _body(**more: Any) -> dict[str, Any]:
    return dict(row().items()) | {"max_outage_hours": 24} | more


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({}, "stated_base", "unproven"),
        ({"criticality": "huge", "stated_base": "x"}, "criticality", "low"),
        ({"max_outage_hours": "-1", "stated_base": "x"}, "max_outage_hours", "integer"),
        ({"max_outage_hours": "9" * 5000, "stated_base": "x"}, "max_outage_hours", "integer"),
        ({"since": "2026-02-30", "stated_base": "x"}, "since", "day"),
        ({"until": "2025-12-31", "stated_base": "x"}, "", "no day before"),
        ({"need_until": "2025-12-31", "stated_base": "x"}, "", "no day before"),
        ({"daily_impact": "100", "stated_base": "x"}, "", "both or neither"),
        ({"daily_impact": "-5", "currency": "EUR", "stated_base": "x"}, "daily_impact", "not negative"),
        ({"daily_impact": "5", "currency": "euro", "stated_base": "x"}, "currency", "pattern"),
        ({"base_model": "set"}, "base_model", "expected a base model"),
        ({"base_model": "base", "stated_base": "x"}, "base_model", "no stated_base"),
        ({"base_model": "base", "release": "release"}, "release", "one of"),
    ],
)
def test_wrong_rows_say_why_and_change_nothing(story: Story, more: dict[str, str], field: str, words: str) -> None:
    size = ledger.size()
    given = {name: story[text].digest if text in story.made else text for name, text in more.items()}
    with pytest.raises(Invalid) as refused:
        register(story, **given)
    assert refused.value.field in (field, "body") if not field else refused.value.field == field
    assert words in refused.value.reason
    assert ledger.size() == size


@pytest.mark.parametrize("origins", [(), ("release", "base_model")])
def test_the_general_way_in_keeps_the_same_rules(story: Story, origins: tuple[str, ...]) -> None:
    names = {"release": "release", "base_model": "base"}
    with pytest.raises(Invalid, match=r"unproven|at most"):
        documents.document_submit(
            actor=story.people["engineer"], project=story.project, kind=DEPLOYMENT, body=_body(),
            references=[{"role": role, "digest": story[names[role]].digest} for role in origins],
        )  # fmt: skip


@pytest.mark.attack(
    name="register one service twice, so that it counts twice or the wrong one of the two is looked at",
    caught_by="deployments are frozen by registering alone, which makes the next version of that service's series",
    unless="the service is given another name",
)
def test_nobody_freezes_a_second_series_of_a_service(story: Story) -> None:
    register(story, stated_base="small")
    with pytest.raises(Denied):
        documents.document_submit(
            actor=story.people["engineer"], project=story.project, kind=DEPLOYMENT, body=_body(stated_base="small")
        )
    assert Document.objects.filter(kind=DEPLOYMENT).count() == 1


def test_who_may_not_is_refused_before_the_file_is_read(story: Story) -> None:
    class Chunks:
        def __iter__(self) -> Iterator[bytes]:
            raise AssertionError("the file was read")

    expert = story.people["expert"]
    with pytest.raises(Denied):
        service.read_in(actor=expert, project=story.project, file=("services.csv", Chunks()))
    with pytest.raises(Denied):
        register(story, who="expert", stated_base="small")
    stranger = people.person_enrol(
        actor=story.people["owner"], username="stranger", printed_name="Stranger", password=PASSWORD
    )
    with pytest.raises(NotFound):
        service.register(actor=stranger, project=story.project, row=row(stated_base="small"))
    assert LedgerEvent.objects.filter(event="refusal:access:denied").count() >= 3


@pytest.mark.attack(
    name="slip deployments in with a table of which a line is wrong",
    caught_by="every row is checked before the ledger is locked, and all are frozen in one transaction",
    unless="a row is right and says what is not so",
)
def test_one_bad_line_of_two_thousand_changes_nothing(story: Story) -> None:
    size, rows = ledger.size(), many(2000)
    rows[1233] |= {"since": "soon"}
    with pytest.raises(Invalid) as refused:
        read_in(story, *rows)
    assert (refused.value.field, "since" in refused.value.reason) == ("line 1235", True)
    assert ledger.size() == size
    assert not Document.objects.filter(kind=DEPLOYMENT).exists()


@pytest.mark.postgres
def test_a_table_is_taken_whole_and_again_without_change(story: Story) -> None:
    rows = [*many(3), row(release=story["release"].digest, daily_impact="1200.50", currency="EUR")]
    made = read_in(story, *rows)
    assert (len(made.documents), made.unchanged) == (4, 0)
    rows[1] |= {"until": "2026-12-31"}
    again = read_in(story, *rows)
    assert ([d.title for d in again.documents], again.unchanged) == (["Service 1 (production), unproven origin"], 3)
    assert again.documents[0].number == 2


@pytest.mark.parametrize(
    ("columns", "words"),
    [(("service", "owner"), "environment"), ((*FIELDS, "colour"), "colour")],
)
def test_columns_are_known_and_whole(story: Story, columns: tuple[str, ...], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_in(story, dict.fromkeys(columns, "x"), columns=columns)


def test_the_same_service_twice_in_a_table_is_refused(story: Story) -> None:
    with pytest.raises(Invalid, match="line 2") as refused:
        read_in(story, *many(1), many(1)[0] | {"criticality": "low"})
    assert refused.value.field == "line 3"


def test_a_line_that_names_somebody_elses_release_keeps_the_others_out(story: Story) -> None:
    with pytest.raises(Invalid, match="release") as refused:
        read_in(story, *many(2), row(release="sha256:" + "1" * 64))
    assert refused.value.field == "line 4"
    assert not Document.objects.filter(kind=DEPLOYMENT).exists()


def test_a_file_that_is_no_table(story: Story) -> None:
    for name, content in (("services.csv", b"\xff\xfe"), ("services.json", b"[]"), ("services.csv", b"")):
        with pytest.raises(Invalid):
            service.read_in(actor=story.people["engineer"], project=story.project, file=(name, [content]))
