"""Real data of published packages: two of them whole, and what moved between two releases of litellm's table."""

import json
from datetime import date
from importlib.resources import files
from pathlib import Path

import botocore.session
import pytest

from training.lifecycle.feeds import bedrock, bydtech, litellm, llm_sunset
from training.lifecycle.feeds.reading import Feed

EXCERPTS = Path(__file__).parent / "excerpts"


def dates(feed: Feed) -> dict[tuple[str, ...], date | None]:
    return {one.thing[:3]: one.date for one in feed.said}


def test_two_releases_of_litellm_move_dates_both_ways() -> None:
    old, new = (dates(litellm.read((EXCERPTS / f"litellm-{v}.json").read_bytes())) for v in ("1.105.2", "1.110.2"))
    moved = {thing: (old[thing], new[thing]) for thing in old if thing in new and old[thing] != new[thing]}
    assert len(moved) == json.loads((EXCERPTS / "about.json").read_bytes())["moved"] == 32
    assert moved["gemini", "gemini-2.5-flash-image", "retired"] == (date(2026, 10, 2), date(2027, 3, 15))
    assert moved["openai", "ft:babbage-002", "retired"] == (date(2026, 10, 23), date(2026, 9, 28))
    assert {after > before for before, after in moved.values() if before and after} == {True, False}
    assert ("azure", "gpt-4-0613", "retired") in set(old) - set(new)


def test_bydtechs_whole_list_is_understood() -> None:
    feed = bydtech.read((files("model_retire") / "models.json").read_bytes())
    assert feed.collected_on == date(2026, 10, 16)
    assert len(feed.said) > 328  # each under every name it has
    assert all(one.url.startswith("https://") for one in feed.said)
    assert dates(feed)["bedrock", "deepseek.v3.1", "retired"] == date(2027, 3, 30)


def test_llm_sunsets_whole_list_is_understood_and_its_late_announcements_told() -> None:
    feed = llm_sunset.read((files("llm_sunset") / "snapshot.json").read_bytes())
    assert len(feed.said) == 428
    assert feed.notes[0].startswith("The deprecation date of 13 entries lies after")
    assert all(one.announced_on is None or one.date is None or one.announced_on <= one.date for one in feed.said)


def test_two_collections_disagree_about_real_models() -> None:
    one = dates(bydtech.read((files("model_retire") / "models.json").read_bytes()))
    other = dates(llm_sunset.read((files("llm_sunset") / "snapshot.json").read_bytes()))
    differ = {thing: (one[thing], other[thing]) for thing in one if thing in other and one[thing] != other[thing]}
    assert differ["gemini", "gemini-2.5-flash-image", "retired"] == (date(2027, 3, 15), date(2026, 10, 2))


@pytest.mark.parametrize("key", [*bedrock.PHASES, "startOfLifeTime", "status"])
def test_bedrocks_fields_are_those_of_the_service(key: str) -> None:
    model = botocore.session.get_session().get_service_model("bedrock")
    assert key in model.shape_for("FoundationModelLifecycle").members
    assert set(bedrock.STATES) == set(model.shape_for("FoundationModelLifecycleStatus").enum)
