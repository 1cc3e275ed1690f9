"""Feeds are recorded whole or not at all; only what is new, moved or gone is said anew."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from governance import events, store
from governance.errors import Denied, Invalid
from governance.models import Document, LedgerEvent
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services import documents
from tests.support.cast import Cast, base_model_body
from tests.training.observations import feeds
from tests.training.observations.feeds import NOVEMBER, OCTOBER
from training.bodies.base_models import BaseModelBody
from training.bodies.observations import ObservationsBody
from training.kinds import observations as kinds
from training.lifecycle.feeds.reading import MOST_BYTES
from training.lifecycle.model import SERVING_ENDS
from training.lifecycle.words import current
from training.purposes.train import base_faults
from training.selectors import observations as select
from training.services import observations


def recorded() -> int:
    return Document.objects.filter(kind=kinds.OBSERVATIONS).count()


def test_the_second_of_two_real_releases_says_only_what_changed(cast: Cast) -> None:
    first = feeds.bring(cast.olga, "litellm", feeds.litellm("1.105.2"), retrieved_at=OCTOBER)
    second = feeds.bring(cast.olga, "litellm", feeds.litellm("1.110.2"), retrieved_at=NOVEMBER)
    assert (first.new, first.moved, first.gone) == (40, 0, 0)
    assert (second.new, second.moved, second.gone, second.same) == (8, 32, 8, 0)
    body: ObservationsBody = docs.model_body(second.document, ObservationsBody)
    assert len(body.observations) == 48
    assert (second.document.series_id, second.document.number) == (first.document.series_id, 2)
    before = docs.model_body(first.document, ObservationsBody).observations
    for one in body.observations:
        if one.supersedes is not None:
            old = before[one.supersedes.place]
            assert one.supersedes.document == first.document.digest
            assert (old.model, old.channel, old.phase) == (one.model, one.channel, one.phase)
            assert old.date != one.date
    gone = [one for one in body.observations if one.date is None]
    assert len(gone) == 8
    assert all(one.words.startswith("not listed any more; before: deprecation_date:") for one in gone)
    assert store.read(body.source.snapshot.sha256) == feeds.litellm("1.110.2")  # type: ignore[union-attr]


def test_a_reading_that_finds_nothing_new_says_that_all_still_holds(cast: Cast) -> None:
    model = feeds.base(cast)
    content = feeds.table({"name": "gpt-4o-2024-08-06", "date": "2027-10-01"})
    feeds.bring(cast.olga, "litellm", content, retrieved_at=OCTOBER)
    again = feeds.bring(cast.olga, "litellm", content, retrieved_at=NOVEMBER)
    assert (again.new, again.moved, again.gone, again.same) == (0, 0, 0, 1)
    (word,) = select.seen([model])[model.digest]
    assert (word.retrieved_at, word.read_again) == (OCTOBER, (NOVEMBER,))


def test_the_very_bytes_of_the_last_reading_are_not_recorded_twice(cast: Cast) -> None:
    content = feeds.table({"name": "m", "date": "2027-10-01"})
    feeds.bring(cast.olga, "litellm", content, retrieved_at=OCTOBER)
    with pytest.raises(observations.Known):
        feeds.bring(cast.olga, "litellm", content, retrieved_at=OCTOBER)
    assert recorded() == 1


@pytest.mark.attack(
    name="have a feed of dates taken over half, so that what is left out looks gone or stays as it was",
    caught_by="one record that is not understood refuses the whole feed, and the last good reading stays",
    unless="a wrong record reads like a right one",
)
@pytest.mark.parametrize(
    ("form", "content", "why"),
    [
        ("litellm", b"{", "line 1"),
        ("litellm", b"x" * (MOST_BYTES + 1), "more than 67,108,864 bytes"),
        ("csv", b"model,channel,phase,words,date\nm,openai,sunset,w,2027-01-01\n", "line 2: found the phase 'sunset'"),
        ("csv", b"model,channel,phase,words,date,announced_on\nm,openai,retired,w,2027-01-01,2027-01-02\n", "line 2"),
        ("nonsense", b"", "expected one of azure"),
    ],
)
def test_what_is_not_understood_leaves_no_trace(cast: Cast, form: str, content: bytes, why: str) -> None:
    good = feeds.bring(cast.olga, "litellm", feeds.table({"name": "m", "date": "2027-10-01"}), retrieved_at=OCTOBER)
    size = ledger.size()
    with pytest.raises(Invalid, match=why):
        feeds.bring(cast.olga, form, content, source="another" if form == "csv" else "", retrieved_at=NOVEMBER)
    assert (ledger.size(), recorded()) == (size, 1)
    (reading,) = select.readings()
    assert (reading.document, reading.at) == (good.document.digest, OCTOBER)


@pytest.mark.attack(
    name="pass a word of one's own for what a vendor's feed says",
    caught_by="a source is read by one format and forwards in time; what is typed is a source of its own",
    unless="nobody brought that feed before",
)
def test_a_source_is_not_read_backwards_nor_in_the_future_nor_by_another_format(cast: Cast) -> None:
    content = feeds.table({"name": "m", "date": "2027-10-01"})
    feeds.bring(cast.olga, "litellm", content, retrieved_at=NOVEMBER)
    for at, why in ((OCTOBER, "or later"), (timezone.now() + timedelta(days=1), "a moment that has been")):
        with pytest.raises(Invalid, match=why):
            feeds.bring(cast.olga, "litellm", content, retrieved_at=at)
    with pytest.raises(Invalid, match="read by litellm; call this one otherwise"):
        observe(cast, source="litellm")


def test_what_a_feed_says_is_no_younger_than_the_day_it_was_collected(cast: Cast) -> None:
    feed = {"updated": "2026-10-16", "models": [{"provider": "openai", "id": "m", "status": "retired"}]}
    made = feeds.bring(cast.olga, "bydtech", json.dumps(feed).encode()).document
    assert docs.model_body(made, ObservationsBody).source.retrieved_at == "2026-10-16T00:00:00.000000Z"


def test_people_may_lower_a_sources_weight_and_not_raise_it(cast: Cast) -> None:
    content = feeds.table({"name": "m", "date": "2027-10-01"})
    lower = feeds.bring(cast.olga, "litellm", content, source="somebody's copy", rank=5).document
    raised = feeds.bring(cast.olga, "litellm", content, source="another copy", rank=1).document
    assert [docs.model_body(one, ObservationsBody).source.rank for one in (lower, raised)] == [5, 4]


def test_a_model_that_is_gone_from_the_vendors_list_is_lost_since(cast: Cast) -> None:
    model = feeds.base(cast)
    listed = [{"id": name, "object": "model"} for name in ("gpt-4o-2024-08-06", "other")]
    for at, data in ((OCTOBER, listed), (NOVEMBER, listed[1:]), (NOVEMBER + timedelta(days=1), listed[1:])):
        feeds.bring(cast.olga, "openai", json.dumps({"object": "list", "data": data}).encode(), retrieved_at=at)
    before, after = select.seen([model])[model.digest]
    assert (before.date, before.read_again) == (None, ())
    assert (after.date, after.precision) == (date(2026, 11, 20), "tentative")
    assert after.read_again == (NOVEMBER + timedelta(days=1),)


@pytest.mark.attack(
    name="have a source's date hold for good by words that read like those of what is gone",
    caught_by="what is gone is known by what is recorded of it, never by its words alone",
    unless="the source says so itself",
)
def test_words_of_a_source_do_not_keep_a_date_that_it_does_not_list_any_more(cast: Cast) -> None:
    model = feeds.base(cast)
    heading = b"model,channel,phase,words,date\n"
    row = b"gpt-4o-2024-08-06,openai,retired,not listed any more; before: soon,2027-10-01\n"
    options = {"source": "A table", "complete": True, "name": "t.csv"}
    feeds.bring(cast.olga, "csv", heading + row, retrieved_at=OCTOBER, **options)
    for hours in (0, 1):
        feeds.bring(cast.olga, "csv", heading, retrieved_at=NOVEMBER + timedelta(hours=hours), **options)
    said, gone = select.seen([model])[model.digest]
    assert (said.date, said.read_again, gone.date) == (date(2027, 10, 1), (), None)


def observe(cast: Cast, **changes: Any) -> observations.Brought:
    said = {
        "source": "OpenAI’s page",
        "rank": 2,
        "retrieved_at": OCTOBER,
        "model": "gpt-4o-2024-08-06",
        "channel": "OpenAI",
        "phase": "retired",
        "words": "Shut down on 1 October 2027.",
        "date": date(2027, 10, 1),
        "announced_on": date(2026, 10, 1),
        "url": "https://vendor.example/deprecations",
    }
    return observations.observe(actor=changes.pop("actor", cast.olga), **(said | changes))  # type: ignore[arg-type]


def test_one_word_that_somebody_read_takes_nothing_else_of_that_page_away(cast: Cast) -> None:
    model = feeds.base(cast)
    observe(cast)
    observe(cast, model="other", retrieved_at=NOVEMBER)
    again = observe(cast, retrieved_at=NOVEMBER + timedelta(days=1))
    assert (again.new, again.moved, again.same) == (0, 0, 1)
    (word,) = select.seen([model])[model.digest]
    assert word.read_again == (NOVEMBER + timedelta(days=1),)  # the second was of another model
    moved = observe(cast, date=date(2028, 2, 29), retrieved_at=NOVEMBER + timedelta(days=2))
    assert (moved.moved, [one.date for one in select.seen([model])[model.digest]][-1]) == (1, date(2028, 2, 29))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"phase": "sunset"}, "the phase 'sunset'"),
        ({"announced_on": date(2027, 10, 2)}, "before its announcement"),
        ({"rank": 1}, "the vendor’s own interface is read as a feed"),
        ({"source": " "}, "found no name"),
        ({"model": ""}, "model"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"idle_days": 0}, "idle_days"),
    ],
)
def test_a_word_that_cannot_be_is_refused(cast: Cast, changes: dict[str, Any], why: str) -> None:
    size = ledger.size()
    with pytest.raises(Invalid, match=why):
        observe(cast, **changes)
    assert ledger.size() == size


def test_who_does_not_write_for_the_organisation_is_refused_before_anything_is_read(cast: Cast) -> None:
    read: list[bytes] = []

    def watched() -> Iterator[bytes]:
        read.append(b"{}")
        yield b"{}"

    for actor in (cast.erik, cast.ada, cast.carl):
        with pytest.raises(Denied):
            observations.bring(actor=actor, form="litellm", chunks=watched(), name="x.json")
        with pytest.raises(Denied):
            observe(cast, actor=actor)
    assert LedgerEvent.objects.filter(event=events.REFUSAL_ACCESS).count() == 6
    assert read == []


def test_dates_of_leap_days_and_zones_are_days(cast: Cast) -> None:
    observe(cast, date=date(2028, 2, 29), retrieved_at=datetime.fromisoformat("2026-10-20T23:30:00-05:00"))
    (reading,) = select.readings()
    assert reading.at == datetime(2026, 10, 21, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"files": [], "hosted": None}, "found no file and no provider"),
        ({"custody": "here"}, "custody of a hosted model"),
        ({"identities": [{"channel": "openai", "name": "m"}] * 2}, "an identity twice"),
    ],
)
def test_a_base_model_is_held_or_hosted(cast: Cast, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        feeds.base(cast, **changes)


def test_weights_need_custody_and_today_s_bodies_stay_valid(cast: Cast) -> None:
    held = base_model_body()
    body = BaseModelBody.model_validate(held)
    assert (body.hosted, body.identities, body.licence.gated) == (None, [], False)
    with pytest.raises(Invalid, match="without custody"):
        documents.document_submit(
            actor=cast.olga, project=None, kind="training.base_model", body=held | {"custody": None}
        )


def test_a_hosted_model_has_nothing_to_load(cast: Cast) -> None:
    assert base_faults(feeds.base(cast)) == ["its weights are with OpenAI: there is nothing here to load"]


def test_what_becomes_of_unused_models_is_a_word_beside_the_date(cast: Cast) -> None:
    heading = b"model,channel,phase,words,date,idle_days\n"
    both = heading + b"gpt-4o-2024-08-06,openai,retired,On that day.,2027-10-01,\n"
    both += b"gpt-4o-2024-08-06,openai,retired,Unused for 60 days: before.,,60\n"
    model = feeds.base(cast)
    options = {"source": "A table", "complete": True, "name": "t.csv"}
    feeds.bring(cast.olga, "csv", both, retrieved_at=OCTOBER, **options)
    dated, rule = select.seen([model])[model.digest]
    assert (dated.date, dated.idle_days, rule.date, rule.idle_days) == (date(2027, 10, 1), None, None, 60)
    assert {one.words for one in current(select.seen([model])[model.digest], SERVING_ENDS, NOVEMBER)} == {
        "On that day.",
        "Unused for 60 days: before.",
    }
    without = heading + b"gpt-4o-2024-08-06,openai,retired,On that day.,2027-10-01,\n"
    gone = feeds.bring(cast.olga, "csv", without, retrieved_at=NOVEMBER, **options)
    again = feeds.bring(cast.olga, "csv", without, retrieved_at=NOVEMBER + timedelta(hours=1), **options)
    assert (gone.gone, gone.same, again.gone) == (1, 1, 0)
    words = current(select.seen([model])[model.digest], SERVING_ENDS, NOVEMBER + timedelta(days=1))
    assert [(one.date, one.idle_days) for one in words] == [(date(2027, 10, 1), None), (None, 60)]


def test_the_last_words_are_those_that_risk_counts(cast: Cast) -> None:
    """What is folded here and what the risk makes of all words are one."""
    model = feeds.spoken_of(cast.olga)
    feeds.bring(cast.olga, "litellm", feeds.table({"name": "other", "date": "2027-01-01"}), retrieved_at=NOVEMBER)
    history = select.history(model)
    counted = current(select.seen([model])[model.digest], SERVING_ENDS, NOVEMBER + timedelta(days=1))
    assert set(counted) == {track.current for track in history.tracks}
    assert {one.date for one in counted} == {None, date(2028, 2, 29)}


@pytest.mark.postgres
def test_two_who_bring_a_feed_at_once_do_not_both_say_that_it_is_new(committed: Cast) -> None:
    content = feeds.table({"name": "m", "date": "2027-10-01"})

    def once(_: int) -> observations.Brought:
        try:
            return feeds.bring(committed.olga, "litellm", content)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        told = sorted((one.new, one.same) for one in pool.map(once, range(4)))
    assert told == [(0, 1), (0, 1), (0, 1), (1, 0)]
    numbers = Document.objects.filter(kind=kinds.OBSERVATIONS).values_list("number", flat=True)
    assert sorted(numbers) == [1, 2, 3, 4]
