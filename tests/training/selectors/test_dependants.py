"""What depends on a base model: proven or not, approved or not, and everything downstream."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from governance.models import Document, Reference
from governance.proof.answers.inforce import Standing
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services import documents
from tests.governance import tampering
from tests.support import papers
from tests.support.story import Story
from tests.training import continuity
from tests.training.continuity import row
from training.lifecycle.model import Dependant
from training.selectors import dependants as select
from training.selectors import deployed
from training.services import deployments


def register(story: Story, **more: str) -> Document:
    made = deployments.register(actor=story.people["engineer"], project=story.project, row=row(**more))
    return made.documents[0]


def only(size: int | None = None, at: datetime | None = None) -> Dependant:
    (found,) = select.live(size, at)
    return found


def test_a_release_leads_to_its_base_model(story: Story) -> None:
    made = register(story, release=story["release"].digest, daily_impact="1200.50", currency="EUR")
    found = only()
    assert (found.digest, found.base, found.proven) == (made.digest, story["base"].digest, True)
    assert (found.daily_impact, found.currency, found.since) == (Decimal("1200.50"), "EUR", date(2026, 1, 10))
    assert (found.retrains, found.fallback) == (0, None)
    assert 0 <= found.observed_days < 1
    assert deployed.origin_of(made).approved


@pytest.mark.parametrize(("role", "name"), [("run_record", "record"), ("base_model", "base")])
def test_without_a_release_nothing_shows_as_approved(story: Story, role: str, name: str) -> None:
    origin = deployed.origin_of(register(story, **{role: story[name].digest}))
    assert (origin.proven, origin.approved, origin.label) == (True, False, "no release")
    assert only().base == story["base"].digest


def test_unproven_origin_is_counted_and_never_approved(story: Story) -> None:
    made = register(story, stated_base="  SMALL model of unknown make")
    origin = deployed.origin_of(made)
    assert (origin.proven, origin.approved, origin.label) == (False, False, "unproven origin")
    assert (only().base, only().proven) == (None, False)
    name = docs.envelope(story["base"]).body["name"].upper()
    register(story, stated_base=name)
    assert (only().base, only().proven) == (story["base"].digest, False)


def test_a_name_that_two_models_bear_is_nobodys(story: Story) -> None:
    name = docs.envelope(story["base"]).body["name"]
    register(story, stated_base=name)
    body = papers.base_model(story.bytes("others")) | {"title": "Namesake"}
    story.submit("owner", "namesake", "training.base_model", body)
    assert only().base is None


@pytest.mark.attack(
    name="show a deployment as approved whose release was revoked",
    caught_by="approval is asked of the release's standing each time; nothing stores it",
    unless="the signers let it stand",
)
def test_a_release_that_fell_is_not_approved_any_more(story: Story) -> None:
    made = register(story, release=story["release"].digest)
    size, then = ledger.size(), timezone.now()
    continuity.revoke(story, "release")
    origin = deployed.origin_of(made)
    assert (origin.approved, origin.label, origin.proven) == (False, "not approved", True)
    assert "revoked" in origin.words
    assert deployed.origin_of(made, size, then).approved
    assert not deployed.origin_of(made, time=then + timedelta(days=4000)).approved


def test_a_release_nobody_signed_is_not_approved(story: Story) -> None:
    before = story["release"].seq + 1
    made = register(story, release=story["release"].digest)
    assert not deployed.origin_of(made, before, ledger.time_of(before)).approved


def test_an_accepted_run_is_what_the_ledger_tells_of(story: Story, monkeypatch) -> None:
    made = register(story, release=story["release"].digest)
    monkeypatch.setattr("governance.selectors.told.outputs", lambda records: set())
    origin = deployed.origin_of(made)
    assert (origin.proven, origin.approved, origin.label) == (False, False, "unproven origin")


def test_a_row_without_a_leaf_is_no_deployment(story: Story) -> None:
    made = register(story, stated_base="small")
    continuity.forged(made, criticality="low", until="2026-01-11")
    assert [one.digest for one in select.live()] == [made.digest]


def test_the_days_it_was_watched_are_the_ledgers_and_not_what_anybody_claims(story: Story) -> None:
    made = register(story, stated_base="small", since="1999-01-01")
    now = timezone.now()
    with tampering.owner():
        tampering.run("UPDATE governance_document SET created_at = '2001-01-01' WHERE digest = %s", made.digest)
    assert only(at=now + timedelta(days=3)).observed_days == pytest.approx(3, abs=0.01)


def test_it_serves_until_its_last_day(story: Story) -> None:
    until = timezone.now().date() + timedelta(days=400)
    register(story, stated_base="small", until=until.isoformat())
    day = datetime.combine(until, time(), UTC) - timedelta(minutes=1)
    assert len(select.live(time=day)) == 1
    assert select.live(time=day + timedelta(minutes=2)) == []


def test_the_need_is_its_own_or_the_use_cases(story: Story) -> None:
    register(story, release=story["release"].digest)
    assert only().need_until == date(2027, 12, 31)
    longer = papers.USE_CASE | {"need_until": "2030-06-30"}
    story.made["longer"] = documents.document_submit(
        actor=story.people["owner"],
        project=story.project,
        kind="training.use_case",
        body=longer,
        base=story["use_case"],
    )
    assert only().need_until == date(2027, 12, 31)  # nobody agreed
    story.sign("longer", requester="owner", signers=("officer",))
    assert only().need_until == date(2030, 6, 30)
    register(story, release=story["release"].digest, need_until="2029-01-01")
    assert only().need_until == date(2029, 1, 1)


def test_as_of_an_earlier_size(story: Story) -> None:
    first = register(story, stated_base="small")
    size = ledger.size()
    second = register(story, release=story["release"].digest)
    assert (only().digest, only().proven) == (second.digest, True)
    assert (only(size).digest, only(size).proven) == (first.digest, False)
    assert select.live(first.seq) == []


def test_a_fallback_plan_counts_while_it_is_in_force(story: Story) -> None:
    register(story, release=story["release"].digest)
    plan = continuity.fallback(story, signed=False)
    assert only().fallback is None
    story.sign("plan", requester="engineer", signers=("officer",))
    assert only().fallback == plan.digest
    continuity.revoke(story, "plan")
    assert only().fallback is None


def test_the_blast_radius_is_the_graph_downward(story: Story) -> None:
    made = register(story, release=story["release"].digest)
    said = register(story, environment="old", stated_base=docs.envelope(story["base"]).body["name"])
    radius = select.blast_radius(story["base"])
    tops = {node.document.digest: node for node in radius.below}
    assert set(tops) == {story["too_early"].digest, story["run_spec"].digest}
    (record,) = tops[story["run_spec"].digest].below
    (release,) = record.below
    (leaf,) = release.below
    assert [record.document, release.document, leaf.document] == [story["record"], story["release"], made]
    assert release.standing.standing is Standing.IN_FORCE
    assert leaf.deployed is not None
    assert [one.document for one in radius.stated] == [said]
    assert radius.count == 6


def test_another_version_of_the_model_loses_sight_of_nothing(story: Story) -> None:
    register(story, release=story["release"].digest)
    body = docs.envelope(story["base"]).body
    newer = documents.document_submit(
        actor=story.people["owner"], project=None, kind="training.base_model", body=body, base=story["base"]
    )
    assert select.blast_radius(newer).count == select.blast_radius(story["base"]).count == 5


@pytest.mark.postgres
@pytest.mark.attack(
    name="hide a deployment from what depends on a base model",
    caught_by="deployments are found by their own bytes, with or without the index",
    unless="the service was never registered",
)
def test_a_missing_row_of_the_index_hides_no_deployment(story: Story) -> None:
    made = register(story, release=story["release"].digest)
    with tampering.owner():
        Reference.objects.all().delete()
    radius = select.blast_radius(story["base"])
    assert made.digest in radius.digests
    assert [node.document for node in radius.below] == [story["run_spec"]]


def test_an_invented_row_of_the_index_is_noticed(story: Story) -> None:
    other = story.submit(
        "owner", "other base", "training.base_model", papers.base_model(story.bytes("o")) | {"title": "Other"}
    )
    Reference.objects.create(source=story["run_spec"], role="base_model", target=other)
    with pytest.raises(docs.DocumentCorrupt, match="rebuild"):
        select.blast_radius(other)


def test_of_what_somebody_may_not_see_nothing_is_left(story: Story) -> None:
    register(story, release=story["release"].digest)
    radius = select.blast_radius(story["base"])
    assert (radius.count, radius.seen_by([story["too_early"].digest]).digests) == (5, [story["too_early"].digest])


@pytest.mark.attack(
    name="record a base model under another name, so that what is said to run on it counts for none",
    caught_by="a deployment counts for the model that any version was called so",
    unless="two models bear the name; then it is nobody's, and unknown",
)
def test_a_name_that_a_later_version_dropped_leads_to_the_model_still(story: Story) -> None:
    name = docs.envelope(story["base"]).body["name"]
    register(story, stated_base=name)
    newer = documents.document_submit(
        actor=story.people["owner"], project=None, kind="training.base_model", base=story["base"],
        body=docs.envelope(story["base"]).body | {"name": "another", "title": "Another"},
    )  # fmt: skip
    assert only().base == newer.digest


@pytest.mark.postgres
def test_queries_do_not_grow(story: Story, django_assert_max_num_queries) -> None:
    register(story, release=story["release"].digest)
    continuity.fallback(story)
    with django_assert_max_num_queries(60) as first:
        select.live()
    with django_assert_max_num_queries(60) as walked:
        select.blast_radius(story["base"])
    for number in range(4):
        register(story, release=story["release"].digest, environment=f"e{number}")
        story.run_spec(f"more {number}")
    with django_assert_max_num_queries(len(first.captured_queries)):
        select.live()
    with django_assert_max_num_queries(len(walked.captured_queries)):
        select.blast_radius(story["base"])
