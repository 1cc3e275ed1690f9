"""`countersign lifecycle` against a running server."""

import json
from pathlib import Path

import pytest

from tests.client.conftest import Command, Server
from tests.support.cast import PASSWORD, Cast
from tests.training.observations import feeds


@pytest.fixture
def olga(server: Server, countersign: Command) -> Command:
    ran = countersign("login", server.url, "--username", "olga", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert ran.code == 0, ran.err
    return countersign


def test_feeds_words_dates_and_sources(cast: Cast, olga: Command, tmp_path: Path) -> None:
    model = feeds.base(cast)
    for day, date, told in (("2026-10-20", "2027-10-01", "1 new"), ("2026-11-20", "2027-03-01", "0 new, 1 moved")):
        file = tmp_path / f"{day}.json"
        file.write_bytes(feeds.table({"name": "gpt-4o-2024-08-06", "date": date}))
        ran = olga("lifecycle", "import", str(file), "--format", "litellm", "--retrieved", day)
        assert (ran.code, told in ran.err) == (0, True), ran.err
    word = ["--source", "A page", "--channel", "openai", "--words", "Gone.", "--date", "2028-02-29"]
    ran = olga("lifecycle", "observe", "gpt-4o-2024-08-06", *word, "--retrieved", "2026-11-01")
    assert ran.code == 0, ran.err
    shown = olga("lifecycle", "dates", "Hosted model")
    assert "2027-03-01 (earliest)" in shown.out
    assert "2027-10-01 (earliest)" in shown.out
    assert "sources disagree on retired" in shown.out
    assert json.loads(olga("lifecycle", "dates", model.digest, "--json").out)["digest"] == model.digest
    assert "Hosted model" in olga("lifecycle", "models").out
    listed = olga("lifecycle", "sources")
    assert "A page" in listed.out
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("model,channel\n")
    refused = olga("lifecycle", "import", str(wrong), "--format", "csv", "--source", "x")
    assert (refused.code, "line 1" in refused.err) == (2, True)
