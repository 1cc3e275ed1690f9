"""What was known as of a size, of which model, and what disagrees; rows that no leaf confirms count for nothing."""

from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance import policy
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.errors import Invalid
from governance.models import Document
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services import documents
from tests.support.cast import Cast, agree, policy_body
from tests.training.observations import feeds
from tests.training.observations.feeds import NOVEMBER, OCTOBER
from tests.training.observations.test_bring import observe
from training.gate.base_models import LifeFacts, trainable, useful_life
from training.kinds import observations as kinds
from training.lifecycle.feeds import bydtech
from training.selectors import catalogue, life, usual
from training.selectors import observations as select

MODEL = "gpt-4o-2024-08-06"


@pytest.mark.postgres
def test_what_was_known_then_stays_what_was_known_then(cast: Cast) -> None:
    model = feeds.base(cast)
    empty = ledger.size()
    feeds.bring(cast.olga, "litellm", feeds.table({"name": MODEL, "date": "2027-10-01"}), retrieved_at=OCTOBER)
    first = ledger.size()
    feeds.bring(cast.olga, "litellm", feeds.table({"name": MODEL, "date": "2027-03-01"}), retrieved_at=NOVEMBER)
    assert select.seen([model], empty)[model.digest] == ()
    assert [one.date for one in select.seen([model], first)[model.digest]] == [date(2027, 10, 1)]
    assert [one.date for one in select.seen([model])[model.digest]] == [date(2027, 10, 1), date(2027, 3, 1)]
    (track,) = select.history(model).tracks
    assert [(before.date, after.date) for before, after in track.moves] == [(date(2027, 10, 1), date(2027, 3, 1))]


def test_sources_that_disagree_are_shown_beside_each_other(cast: Cast) -> None:
    model = feeds.base(cast)
    feeds.bring(cast.olga, "litellm", feeds.table({"name": MODEL, "date": "2027-10-01"}), retrieved_at=OCTOBER)
    observe(cast, date=date(2027, 12, 1))
    (found,) = select.history(model).conflicts
    assert {(one.source, one.date) for one in found} == {
        ("litellm", date(2027, 10, 1)),
        ("OpenAI’s page", date(2027, 12, 1)),
    }


def test_a_model_is_found_by_each_of_its_names_on_each_channel(cast: Cast) -> None:
    model = feeds.base(cast, identities=[{"channel": "Azure/eastus", "name": "deployed-gpt"}])
    content = feeds.table(
        {"name": MODEL, "date": "2027-10-01"},
        {"name": "azure/deployed-gpt", "provider": "azure", "date": "2027-11-01"},
        {"name": "deployed-gpt", "provider": "bedrock", "date": "2027-12-01"},
    )
    feeds.bring(cast.olga, "litellm", content, retrieved_at=OCTOBER)
    found = {(one.channel, one.date) for one in select.seen([model])[model.digest]}
    assert found == {("openai", date(2027, 10, 1)), ("azure", date(2027, 11, 1))}


def test_what_its_own_document_says_is_among_the_words(cast: Cast) -> None:
    own = {
        "channel": "OpenAI", "phase": "retired", "date": "2027-10-01", "precision": "earliest", "words": "Not before.",
        "source": "https://vendor.example/x", "retrieved_at": "2026-02-28",
    }  # fmt: skip
    model = feeds.base(cast, lifecycle=[own, own | {"source": "a colleague", "date": None}])
    page, colleague = select.seen([model])[model.digest]
    assert (page.rank, page.channel, page.document, page.place) == (2, "openai", model.digest, 0)
    assert (colleague.rank, colleague.date, colleague.url) == (5, None, "")


def test_what_a_document_says_was_read_before_it_was_frozen(cast: Cast) -> None:
    """A day to come, stated as that of the reading, would make an old word fresh by itself one day."""
    own = {
        "channel": "openai", "phase": "retired", "date": "2027-10-01", "precision": "exact", "words": "On that day.",
        "source": "https://vendor.example/x", "retrieved_at": "2099-01-01",
    }  # fmt: skip
    model = feeds.base(cast, lifecycle=[own, own | {"date": "2028-10-01"}])
    first, second = select.seen([model])[model.digest]
    assert first.retrieved_at.date() == second.retrieved_at.date() == model.created_at.date()
    assert {one.date for one in select.history(model).current} == {date(2027, 10, 1), date(2028, 10, 1)}
    (entry,) = catalogue.entries()
    assert (entry.ends, entry.conflicts) == (first, 1), "the catalogue hears both, as the risk does"


def test_queries_do_not_grow_with_models_or_feeds(cast: Cast) -> None:
    models = [feeds.base(cast, title=f"Model {n}") for n in range(3)]
    for number in range(3):
        at = OCTOBER + timedelta(days=number)
        feeds.bring(
            cast.olga, "litellm", feeds.table({"name": MODEL, "date": f"2027-10-0{number + 1}"}), retrieved_at=at
        )
    with CaptureQueriesContext(connection) as asked:
        found = select.seen(models)
    assert len(asked) == 4
    assert all(len(words) == 3 for words in found.values())


@pytest.mark.postgres
@pytest.mark.attack(
    name="write a row into the database that says a base model lasts longer",
    caught_by="a word counts only when the ledger's entry of its document confirms it, and its bytes hash to its name",
    unless="the entry is written too, by somebody with the keys, and no checkpoint of before has left",
)
def test_a_document_that_no_leaf_confirms_says_nothing(cast: Cast) -> None:
    model = feeds.base(cast)
    made = feeds.bring(cast.olga, "litellm", feeds.table({"name": MODEL, "date": "2027-10-01"}), retrieved_at=OCTOBER)
    true = docs.envelope(made.document)
    said = dict(true.body["observations"][0]) | {"date": "2099-10-01"}
    false = true.model_copy(update={"number": 2, "body": dict(true.body) | {"observations": [said]}})
    Document.objects.bulk_create(
        [
            Document(
                digest=false.digest,
                kind=kinds.OBSERVATIONS,
                version=1,
                series=made.document.series,
                number=2,
                project=None,
                title="Made by SQL",
                content=false.to_bytes(),
                created_by=cast.olga,
                created_at=made.document.created_at,
                seq=model.seq - 1,
            )
        ]
    )
    assert [one.document for one in select.seen([model])[model.digest]] == [made.document.digest]
    assert [one.document for one in select.readings()] == [made.document.digest]


def test_the_policy_says_when_a_source_is_stale(cast: Cast) -> None:
    assert select.stale_days() == 30
    size = ledger.size()
    body = policy_body() | {"periods": {kinds.STALE: 14}}
    stricter = documents.document_submit(actor=cast.olga, project=None, kind=policy.KIND, body=body, base=cast.policy)
    assert select.stale_days() == 30
    agree(stricter, by=cast.olga, signers=[(cast.carl, COMPLIANCE_OFFICER), (cast.dora, OWNER)])
    assert select.stale_days() == 14
    assert select.stale_days(size) == 30


@pytest.mark.parametrize(
    ("periods", "why"),
    [({"moon": 3}, "a period moon"), ({kinds.STALE: 400}, "at most 365"), ({kinds.STALE: 0}, "1 to")],
)
def test_a_policy_sets_periods_that_there_are(cast: Cast, periods: dict[str, int], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        documents.document_submit(
            actor=cast.olga, project=None, kind=policy.KIND, body=policy_body() | {"periods": periods}
        )


def test_what_a_vendor_usually_does_rests_on_all_its_models_that_are_spoken_of(cast: Cast) -> None:
    model = feeds.base(cast)
    size = ledger.size()
    content = (files("model_retire") / "models.json").read_bytes()
    feeds.bring(cast.olga, "bydtech", content)
    listed = bydtech.read(content).said
    days = [
        (one.date - one.announced_on).days
        for one in listed
        if one.channel == "openai" and one.date and one.announced_on
    ]
    found = usual.notice_of(model)
    assert found is not None
    assert found.models == len(days) > 100
    assert sum(each >= found.notice.p80.value for each in days) >= 0.8 * len(days)  # type: ignore[operator]
    assert found.notice.p80.label == "weak"
    before = usual.notice_of(model, size)
    assert before is not None
    assert (before.models, before.notice.p50.value) == (0, None)


def test_a_model_of_ours_is_not_among_the_others(cast: Cast) -> None:
    model = feeds.base(cast)
    content = feeds.table({"name": MODEL, "date": "2027-10-01"}, {"name": "other", "date": "2027-10-01"})
    feeds.bring(cast.olga, "litellm", content, retrieved_at=OCTOBER)
    feeds.bring(cast.olga, "litellm", content, source="a copy", retrieved_at=OCTOBER)
    (other,) = select.others([model])
    assert (other.title, other.vendor, len(other.seen)) == ("other", "OpenAI", 2)


def test_the_gate_hears_the_words_that_the_risk_counts(cast: Cast) -> None:
    """A date on one channel of two, and one that its source takes back, are no yes though another source has a date."""
    model = feeds.base(cast, identities=[{"channel": "azure", "name": MODEL}])

    def asked() -> LifeFacts:
        return life.of(model, None, "2027-06-01", ledger.size(), NOVEMBER + timedelta(days=3))

    observe(cast, retrieved_at=NOVEMBER)
    assert useful_life(asked()).passed
    observe(cast, source="Azure’s page", channel="azure", date=None, announced_on=None, retrieved_at=NOVEMBER)
    assert asked().stale
    assert not useful_life(asked()).passed
    observe(cast, source="A colleague", channel="azure", retrieved_at=NOVEMBER)
    assert useful_life(asked()).passed
    observe(cast, date=None, announced_on=None, retrieved_at=NOVEMBER + timedelta(days=1))
    assert asked().withdrawn == ("OpenAI’s page",)
    assert not useful_life(asked()).passed
    assert life.of(model, None, "2027-06-01", ledger.size(), NOVEMBER).withdrawn == (), "then it was not known"
    observe(cast, phase="train-new", date=date(2027, 7, 1), retrieved_at=NOVEMBER + timedelta(days=1))
    assert trainable(asked()).passed
    assert not trainable(replace(asked(), training_stale=True)).passed
