"""Base models' dates by API: read as of any size, recorded by file or word, refused with a place."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from governance.models import Document
from governance.selectors import ledger
from tests.governance.api.conftest import Api, Door
from tests.support.cast import Cast
from tests.training.observations import feeds
from training.kinds import observations as kinds

WORD = {
    "source": "The page", "rank": 2, "retrieved_on": "2026-11-01", "model": "gpt-4o-2024-08-06", "channel": "OpenAI",
    "phase": "retired", "words": "Gone then.", "date": "2028-02-29",
}  # fmt: skip


def send(api: Api, content: bytes, expect: int = 201, **changes: Any) -> Any:
    form = {"format": "litellm", "file": SimpleUploadedFile("x.json", content)} | changes
    return api.post("lifecycle/feeds", form, expect=expect, format="multipart")


def test_catalogue_dates_and_sources(cast: Cast, api: Door) -> None:
    model = feeds.spoken_of(cast.olga)
    erik = api("erik", scopes=["read"])
    (entry,) = erik.get("base-models")["results"]
    assert (entry["title"], entry["hosted"]["provider"]) == ("Hosted model", "OpenAI")
    assert (entry["ends"]["date"], entry["ends"]["precision"], entry["moved"]) == ("2027-10-01", "earliest", 1)
    dates = erik.get(f"base-models/{model.digest}/dates")
    assert {track["source"]: [word["date"] for word in track["words"]] for track in dates["tracks"]} == {
        "litellm": ["2027-03-01", "2027-10-01"],
        "The vendor’s page <b>of deprecations</b>": ["2028-02-29"],
    }
    assert len(dates["conflicts"]) == 1
    assert {one["name"]: one["rank"] for one in erik.get("lifecycle/sources")}["litellm"] == 4
    assert len(erik.get("lifecycle/formats")) == 8


def test_dates_as_of_a_size(cast: Cast, api: Door) -> None:
    model = feeds.base(cast)
    size = ledger.size()
    feeds.bring(cast.olga, "litellm", feeds.table({"name": "gpt-4o-2024-08-06", "date": "2027-10-01"}))
    erik = api("erik")
    assert erik.get(f"base-models/{model.digest}/dates", size=size)["tracks"] == []
    assert len(erik.get(f"base-models/{model.digest}/dates")["tracks"]) == 1
    erik.get(f"base-models/{model.digest}/dates", size=10**6, expect=404)
    erik.get(f"base-models/{cast.policy.digest}/dates", expect=404)


def test_a_feed_and_a_word_are_recorded_with_a_token(cast: Cast, api: Door) -> None:
    olga = api("olga", scopes=["read", "write"])
    made = send(olga, feeds.litellm("1.110.2"))
    assert (made["new"], made["moved"], made["notes"]) == (40, 0, ["5 of 45 entries name no date."])
    said = olga.post("lifecycle/observations", WORD)
    assert Document.objects.get(pk=said["document"]).kind == kinds.OBSERVATIONS
    api("olga", scopes=["read"]).post("lifecycle/observations", WORD | {"date": "2028-03-01"}, expect=403)


@pytest.mark.parametrize(
    ("content", "changes", "field", "why"),
    [
        (b'{"m": 1}', {}, "feed", "record 1 (m): found a number"),
        (b"", {}, "feed", "line 1"),
        (b"{}", {"format": "csv"}, "feed", "line 1"),
        (b"{}", {"retrieved_on": "2999-01-01"}, "feed", "no deprecation_date"),
        (b'{"m": {"litellm_provider": "o", "deprecation_date": "2027-01-01"}}', {"retrieved_on": "2999-01-01"},
         "retrieved_at", "a moment that has been"),
        (b'{"m": {"litellm_provider": "o", "deprecation_date": "2027-01-01"}}', {"url": "ftp://x"},
         "body.source.url", "match"),
    ],
)  # fmt: skip
def test_a_feed_is_refused_with_its_place(
    cast: Cast, api: Door, content: bytes, changes: dict[str, Any], field: str, why: str
) -> None:
    told = send(api("olga"), content, expect=400, **changes)
    assert (told["field"], why in told["detail"]) == (field, True), told
    assert not Document.objects.filter(kind=kinds.OBSERVATIONS).exists()


@pytest.mark.parametrize(
    "changes",
    [{"phase": "sunset"}, {"rank": 1}, {"date": "2028-02-30"}, {"words": ""}, {"moon": 1}, {"idle_days": 0}],
)
def test_a_word_is_refused_by_its_field(cast: Cast, api: Door, changes: dict[str, Any]) -> None:
    told = api("olga").post("lifecycle/observations", WORD | changes, expect=400)
    assert told["field"].split(".")[0] == next(iter(changes))


def test_who_does_not_write_for_the_organisation_is_denied(cast: Cast, api: Door) -> None:
    send(api("erik"), feeds.litellm("1.110.2"), expect=403)
    api("ada").post("lifecycle/observations", WORD, expect=403)
