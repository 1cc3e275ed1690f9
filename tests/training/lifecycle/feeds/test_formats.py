"""What each reader makes of a feed, and that one fault refuses all of it with its place."""

import contextlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.lifecycle.feeds import azure, bedrock, bydtech, litellm, llm_sunset, openai_models, table
from training.lifecycle.feeds.channels import canonical, matches
from training.lifecycle.feeds.reading import MOST_BYTES, Feed, Unreadable
from training.lifecycle.feeds.registry import FORMATS, RANKS

RECORDED = Path(__file__).parent / "recorded"
HEADING = "model,channel,phase,words,date,precision,announced_on,url,idle_days\n"


def said(feed: Feed) -> dict[tuple[str, ...], date | None]:
    return {one.thing[:3]: one.date for one in feed.said}


def test_bedrocks_times_are_days_in_utc_by_region_and_phase() -> None:
    feed = bedrock.read((RECORDED / "bedrock.json").read_bytes())
    there = "bedrock/eu-west-1"
    assert said(feed) == {
        (there, "example.large-v1:0", "retired"): None,
        (there, "example.small-v1:0", "serve-new"): date(2026, 8, 30),  # 23:30 two hours west of Greenwich
        (there, "example.small-v1:0", "extended"): date(2027, 2, 28),
        (there, "example.small-v1:0", "retired"): date(2028, 2, 28),  # 1835395199 is one second before the 29th
    }
    assert "status: ACTIVE" in feed.said[0].words
    assert "startOfLifeTime: 2024-02-29T00:00:00+00:00" in feed.said[1].words


def test_azure_takes_tuning_away_before_serving_and_some_kinds_of_deployment_later() -> None:
    feed = azure.read((RECORDED / "azure-locations.json").read_bytes())
    assert said(feed) == {
        ("azure", "example-2024-08-06", "train-new"): date(2026, 12, 31),
        ("azure", "example-2024-08-06", "retired"): date(2027, 3, 31),
        ("azure/Standard", "example-2024-08-06", "serve-existing"): date(2027, 3, 31),
        ("azure/ProvisionedManaged", "example-2024-08-06", "serve-existing"): date(2027, 9, 30),
        ("azure", "older-0613", "retired"): None,
    }
    assert any("lifecycleStatus: Deprecated" in one.words for one in feed.said)
    again = azure.read((RECORDED / "azure-resource.json").read_bytes())
    assert said(again) == {
        ("azure", "example-2024-08-06", "train-new"): date(2026, 12, 31),
        ("azure", "example-2024-08-06", "retired"): date(2027, 3, 31),
    }


def test_azures_two_accounts_that_disagree_about_a_model_are_refused() -> None:
    listed = json.loads((RECORDED / "azure-locations.json").read_bytes())
    listed["value"][1]["model"]["deprecation"]["inference"] = "2028-03-31T00:00:00Z"
    with pytest.raises(Unreadable, match=r"value, record 2 \(example-2024-08-06\): .*again, after value, record 1"):
        azure.read(json.dumps(listed).encode())


def test_openai_says_which_models_there_are_and_no_more() -> None:
    feed = openai_models.read((RECORDED / "openai.json").read_bytes())
    assert said(feed) == {
        ("openai", "example-2024-08-06", "serve-existing"): None,
        ("openai", "ft:example:org::abc", "serve-existing"): None,
    }
    with pytest.raises(Unreadable, match="a part of the list"):
        openai_models.read(b'{"object": "list", "has_more": true, "data": []}')
    with pytest.raises(Unreadable, match="no model at all"):
        openai_models.read(b'{"object": "list", "data": []}')


def test_litellm_has_one_date_which_is_the_earliest() -> None:
    entry = {"litellm_provider": "bedrock_converse", "deprecation_date": "2028-02-29", "source": "javascript:x"}
    feed = litellm.read(json.dumps({"sample_spec": {"deprecation_date": "a date"}, "m": entry, "n": {}}).encode())
    (one,) = feed.said
    assert (one.thing[:3], one.date, one.precision) == (("bedrock", "m", "retired"), date(2028, 2, 29), "earliest")
    assert (one.words, one.url) == ("deprecation_date: 2028-02-29", "")
    assert feed.notes == ("2 of 3 entries name no date.",)


def test_two_entries_of_one_model_keep_the_names_they_have_in_the_table() -> None:
    entries = {
        "gpt": {"litellm_provider": "openai", "deprecation_date": "2027-01-01"},
        "openai/gpt": {"litellm_provider": "openai", "deprecation_date": "2027-01-02"},
        "openai/other": {"litellm_provider": "openai", "deprecation_date": "2027-01-03"},
    }
    assert [one.model for one in litellm.read(json.dumps(entries).encode()).said] == ["gpt", "openai/gpt", "other"]


def test_bydtech_names_the_day_of_its_collection_and_every_name_of_a_model() -> None:
    entry = {"provider": "aws-bedrock", "id": "a", "aliases": ["b"], "status": "deprecated", "note": "No date yet."}
    feed = bydtech.read(json.dumps({"updated": "2026-10-16", "models": [entry]}).encode())
    assert said(feed) == {("bedrock", "a", "retired"): None, ("bedrock", "b", "retired"): None}
    assert (feed.collected_on, feed.said[0].words) == (date(2026, 10, 16), "status: deprecated; note: No date yet.")


def test_an_announcement_that_llm_sunset_puts_after_the_end_stays_in_its_words() -> None:
    entry = {"provider": "Groq", "model_id": "x", "shutdown_date": "2024-12-18", "deprecation_date": "2026-05-22"}
    feed = llm_sunset.read(json.dumps([entry | {"last_observed": "2026-05-29"}]).encode())
    (one,) = feed.said
    assert (one.date, one.announced_on) == (date(2024, 12, 18), None)
    assert "deprecation_date: 2026-05-22" in one.words
    assert len(feed.notes) == 1
    assert feed.collected_on == date(2026, 5, 29)


def test_our_own_table_and_json_say_the_same() -> None:
    row = 'm,OpenAI,serve-existing,"We said ""soon"", then later",2028-02-29,tentative,2027-01-01,https://e.example/x,60\n'
    (by_table,) = table.read_csv((HEADING + row).encode("utf-8-sig")).said
    record = {
        "model": "m", "channel": "openai", "phase": "serve-existing", "words": 'We said "soon", then later',
        "date": "2028-02-29", "precision": "tentative", "announced_on": "2027-01-01", "url": "https://e.example/x",
        "idle_days": 60,
    }  # fmt: skip
    (by_json,) = table.read_json(json.dumps({"observations": [record]}).encode()).said
    assert (by_table.thing[:3], by_table.date, by_table.idle_days) == (
        ("openai", "m", "serve-existing"),
        date(2028, 2, 29),
        60,
    )
    assert (by_table.words, by_table.thing) == (by_json.words, by_json.thing)
    assert (by_table.place, by_json.place) == ("line 2", "observations, record 1")


def csv_row(**changed: str) -> bytes:
    row = {"model": "m", "channel": "openai", "phase": "retired", "words": "w", "date": "2027-01-01"} | changed
    return (HEADING + ",".join(row.get(name, "") for name in HEADING.strip().split(",")) + "\n").encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (csv_row(phase="sunset"), "line 2: found the phase 'sunset', expected one of train-new"),
        (csv_row(precision="about"), "line 2: found the precision 'about'"),
        (csv_row(announced_on="2027-01-02"), "line 2: found the date 2027-01-01 before its announcement on 2027-01-02"),
        (csv_row(date="2027-02-29"), "line 2: found date '2027-02-29', expected a date such as"),
        (csv_row(date="20270131"), "line 2: found date '20270131'"),
        (csv_row(date="01.02.2027"), "line 2: found date"),
        (csv_row(model=""), "line 2: found no model"),
        (csv_row(words=""), "line 2: found no words"),
        (csv_row(url="javascript:alert(1)"), "line 2: found the address"),
        (csv_row(idle_days="-1"), "line 2: found idle_days '-1'"),
        (csv_row(idle_days="9" * 5000), "line 2: found idle_days '999"),
        (csv_row(date="9999-12-31"), "line 2: found the day 9999-12-31, expected one from 2000-01-01 to 2059-12-31"),
        (csv_row(date="0001-01-01"), "line 2: found the day 0001-01-01"),
        (csv_row(announced_on="1969-12-31"), "line 2: found the day 1969-12-31"),
        (csv_row(model="m" * 301), "line 2: found 301 characters of model"),
        (csv_row() + csv_row().split(b"\n", 1)[1], "line 3: found m on openai .retired. again, after line 2"),
        (HEADING.encode() + b"m,openai\n", "line 2: found 2 cells, expected 9"),
        (b"model,channel\nm,openai\n", "line 1: found no column phase, words"),
        (b"model,channel,phase,words,words\n", "line 1: found a column twice"),
        (HEADING.encode() + b'"m', "line 2: found no table"),
        (HEADING.encode() + b"caf\xe9", "line 2: found bytes that are not UTF-8"),
    ],
)  # fmt: skip
def test_a_fault_in_a_table_refuses_it_with_its_line(content: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        table.read_csv(content)


ENTRY: dict[str, Any] = {"provider": "openai", "id": "m", "status": "retired", "retires_on": "2027-01-01"}


@pytest.mark.parametrize(
    ("read", "content", "why"),
    [
        (bydtech.read, {"models": [ENTRY, ENTRY | {"id": "n", "status": "gone"}]}, r"record 2 \(n\): found the status"),
        (bydtech.read, {"models": [ENTRY | {"deprecated_on": "2027-02-01"}]}, "before its announcement on 2027-02-01"),
        (bydtech.read, {"models": [ENTRY | {"retires_on": "soon"}]}, "found retires_on 'soon'"),
        (bydtech.read, {"models": [ENTRY | {"retires_on": 20270101}]}, "retires_on is a number, expected text"),
        (bydtech.read, {"models": [ENTRY, ENTRY]}, r"again, after models, record 1 \(m\)"),
        (bydtech.read, {"models": {"m": ENTRY}}, "models: found an object, expected a list"),
        (bydtech.read, [ENTRY], "found a list, expected an object with models"),
        (bydtech.read, {"updated": "x", "models": []}, "updated: found updated 'x'"),
        (litellm.read, {"m": {"deprecation_date": "2027-01-01"}}, r"record 1 \(m\): found no litellm_provider"),
        (litellm.read, {"m": []}, r"record 1 \(m\): found a list, expected an object"),
        (litellm.read, {"m": {}}, "1 models and no deprecation_date"),
        (llm_sunset.read, [{"provider": "x"}], "the list, record 1: found no model_id"),
        (llm_sunset.read, {"a": 1}, "found an object, expected a list"),
        (
            bedrock.read,
            {"modelSummaries": [{"modelId": "m", "modelArn": "arn:aws:bedrock:x::f/m"}]},
            "no modelLifecycle",
        ),
        (
            bedrock.read,
            {"modelSummaries": [{"modelId": "m", "modelArn": "x", "modelLifecycle": {"status": "ACTIVE"}}]},
            "found the modelArn 'x'",
        ),
        (
            bedrock.read,
            {
                "modelSummaries": [
                    {
                        "modelId": "m",
                        "modelArn": "arn:aws:bedrock:x::f/m",
                        "modelLifecycle": {"status": "LEGACY", "endOfLifeTime": "2027-01-01T00:00:00"},
                    }
                ]
            },
            "expected a time with its zone",
        ),
        (azure.read, {"value": [{"model": {"name": "m", "deprecation": []}}]}, "deprecation is a list"),
        (azure.read, {"data": [{"id": "m", "deprecation": {"inference": "x"}}]}, "found inference 'x'"),
        (azure.read, {"value": [{}]}, "value, record 1: found no model"),
        (azure.read, {"data": [{"id": "m", "deprecation": {"inference": 253402300799}}]}, "found the day 9999-12-31"),
        (bydtech.read, {"models": [ENTRY | {"id": "m\ud800"}]}, "half a character"),
        (litellm.read, {"m\x00": {"litellm_provider": "x", "deprecation_date": "2027-01-01"}}, "a NUL character"),
        (litellm.read, {"m" * 301: {"litellm_provider": "x", "deprecation_date": "2027-01-01"}}, "301 characters"),
        (table.read_json, [{"model": "m", "planet": "x"}], "the unknown field 'planet'"),
        (openai_models.read, {"object": "list", "data": [{"id": 3}]}, "id is a number"),
    ],
)
def test_a_fault_in_a_record_refuses_the_whole_feed_with_its_place(
    read: Callable[[bytes], Feed], content: Any, why: str
) -> None:
    with pytest.raises(Unreadable, match=why):
        read(json.dumps(content).encode())


@pytest.mark.parametrize("name", sorted(FORMATS))
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "line 1"),
        (b'{\n "models": [,]}', "line (1|2)"),
        (b"[" * 100_000, "line 1"),
        (b"\xff\xfe\x00", "line 1: found bytes that are not UTF-8"),
        (b" " * (MOST_BYTES + 1), r"line 1: found more than 67,108,864 bytes"),
        (b"null", "(line 1|the list|observations)"),
        (b'{"a": 1, "a": 2}', "(twice|no column)"),
        (b"[NaN]", "(NaN|no column)"),
        (b"[" + b"1" * 5000 + b"]", "(more digits|no column)"),
    ],
)
def test_no_format_reads_what_is_none_of_it(name: str, content: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        FORMATS[name].read(content)


@given(content=st.binary(max_size=200) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["models", "data", "value", "modelSummaries", "object", "id", "model", "deprecation", "skus"]),
        inner, max_size=4),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_whatever_comes_is_understood_or_refused_and_nothing_else(content: bytes) -> None:
    for known in FORMATS.values():
        with contextlib.suppress(Unreadable):
            feed = known.read(content)
            assert len({one.thing for one in feed.said}) == len(feed.said)


def test_channels_have_one_name_and_parts_that_narrow_them() -> None:
    assert canonical("vertex_ai-anthropic_models") == canonical("Google Vertex") == "vertex"
    assert canonical(" AWS-Bedrock/eu-west-1 ") == "bedrock/eu-west-1"
    assert canonical("Some New One") == "some-new-one"
    assert matches("bedrock", "bedrock/eu-west-1")
    assert matches("bedrock/eu-west-1", "aws-bedrock")
    assert not matches("bedrock/us-east-1", "bedrock/eu-west-1")
    assert not matches("openai", "azure")


def test_every_format_says_how_much_its_word_weighs() -> None:
    assert all(known.rank in RANKS for known in FORMATS.values())
    assert {name for name, known in FORMATS.items() if known.rank == 1} == {"azure", "bedrock", "openai"}
