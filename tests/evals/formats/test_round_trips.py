"""What is written is read again: by us, and by the tools whose formats these are."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evals.engine.spec import Case
from evals.formats.csv_table import guarded, unguarded
from evals.formats.registry import FORMATS, NotWritable
from evals.formats.workbook import escaped, unescaped
from tests.evals.formats.hands import WRITTEN, problems, read
from tests.evals.formats.samples import CHOSEN, CONVERSATION, FULL, PLAIN

LOSSLESS = [name for name, form in FORMATS.items() if form.beside or not form.lost([FULL])]


@pytest.mark.parametrize("form", LOSSLESS)
def test_what_we_write_we_read_again_without_loss(tmp_path, form):
    found = read(tmp_path, form, FORMATS[form].write(PLAIN))
    assert problems(found) == ""
    assert found.cases == PLAIN


@pytest.mark.parametrize("form", LOSSLESS)
def test_choices_survive(tmp_path, form):
    assert read(tmp_path, form, FORMATS[form].write(CHOSEN)).cases == CHOSEN


def test_only_chat_lines_lose_something_for_good():
    assert set(FORMATS) - set(LOSSLESS) == {"chat"}


@pytest.mark.parametrize("form", FORMATS)
def test_conversations_survive_or_are_refused_by_name(tmp_path, form):
    if form in ("lm-eval", "promptfoo"):
        with pytest.raises(NotWritable, match=r"'talk'.* 4 messages"):
            FORMATS[form].write([CONVERSATION])
    else:
        assert read(tmp_path, form, FORMATS[form].write([CONVERSATION])).cases[0].messages == CONVERSATION.messages


def test_what_a_format_loses_is_counted_by_field():
    lost = FORMATS["chat"].lost(PLAIN)
    assert lost["slices"] == 4
    assert (lost["passages"], lost["weight"], lost["expects"]) == (1, 2, 2)
    assert "target" not in lost


def test_inspect_reads_what_we_write():
    told = json.loads((WRITTEN / "inspect" / "as_read.json").read_text())["read"]
    cases = [*PLAIN, CONVERSATION]
    assert FORMATS["inspect"].write(cases) == {"dataset.jsonl": (WRITTEN / "ours" / "dataset.jsonl").read_bytes()}
    for case, seen in zip(cases, told, strict=True):
        assert seen["id"] == case.id
        asked = seen["input"] if isinstance(seen["input"], str) else seen["input"][-1][1]
        assert asked == case.messages[-1].content
        answers = [seen["target"]] if isinstance(seen["target"], str) else seen["target"]
        assert [answer for answer in answers if answer] == list(case.answers)


def test_the_harness_reads_what_we_write():
    told = json.loads((WRITTEN / "lm_eval" / "as_read.json").read_text())["read"]["cases"]
    written = FORMATS["lm-eval"].write(PLAIN)
    assert written == {name: (WRITTEN / "ours" / name).read_bytes() for name in ("cases.yaml", "cases.jsonl")}
    assert [(seen["text"], seen["target"]) for seen in told] == [
        (case.messages[0].content, case.target or "") for case in PLAIN
    ]


def test_datasets_reads_what_we_write_and_we_read_what_it_writes(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import ClassLabel, Dataset, Features, Value

    again = tmp_path / "again.parquet"
    again.write_bytes(FORMATS["parquet"].write(PLAIN)["cases.parquet"])
    loaded = Dataset.from_parquet(str(again), cache_dir=str(tmp_path / "cache"))
    assert loaded["id"][:] == [case.id for case in PLAIN]
    loaded.to_parquet(str(again))
    assert read(tmp_path, "parquet", {"again.parquet": again.read_bytes()}).cases == PLAIN

    features = Features({"text": Value("string"), "label": ClassLabel(names=["eye", "ear"]), "n": Value("int64")})
    theirs = Dataset.from_dict({"text": ["Blurred", "Ringing"], "label": [0, 1], "n": [1, 2]}, features=features)
    theirs.to_parquet(str(again))
    found = read(
        tmp_path, "parquet", {"t.parquet": again.read_bytes()}, columns={"input": "text", "target": "label"},
        provenance="public set",
    )  # fmt: skip
    assert [(c.messages[0].content, c.target, c.provenance) for c in found.cases] == [
        ("Blurred", "eye", "public set"),
        ("Ringing", "ear", "public set"),
    ]
    assert found.labels == ["eye", "ear"]
    assert [note.what for note in found.notes if note.kind == "left out"] == ["the column 'n'"]


TEXT = st.text(min_size=1, max_size=40).filter(lambda text: text.encode("utf-8", "ignore").decode() == text)
HARD = st.sampled_from(
    ["=1+1", "'", "'=x", "\t", "\r\n", "_x000D_", "_x005F_", "[", "a,b;c", '"', "\x0b", "\u2028", "-1"]
)


@st.composite
def cases(draw):
    texts = st.one_of(TEXT, HARD)
    try:
        return Case.model_validate(
            {
                "id": "c",
                "messages": [{"role": "user", "content": draw(texts)}],
                "target": draw(st.one_of(st.none(), texts)),
                "slices": [],
                "provenance": draw(texts),
                "note": draw(st.one_of(st.none(), texts)),
            }
        )
    except ValidationError:
        return FULL


@pytest.mark.parametrize("form", ["csv", "xlsx", "inspect", "lm-eval", "promptfoo", "parquet", "canonical"])
@settings(max_examples=60, deadline=None)
@given(case=cases())
def test_any_text_comes_back_as_it_was_or_is_refused(form, case):
    with tempfile.TemporaryDirectory() as folder:
        try:
            written = FORMATS[form].write([case])
        except NotWritable:
            return
        found = read(Path(folder), form, written)
        assert found.cases == [case] or found.problems


@given(st.text())
def test_guards_come_off_as_they_went_on(text):
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.one_of(st.text(), HARD))
def test_escapes_come_off_as_they_went_on(text):
    assert unescaped(escaped(text)) == text
