"""Recording a feed of the size of litellm's table, and reading what sources say after a hundred daily readings."""

import json
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from benchmarks.installed import begin
from benchmarks.measurement import Goal, Measurement

if TYPE_CHECKING:
    from governance.models import Document, User

ENTRIES, DATED = 4_900, 950
"""entries of litellm's table in November 2026, and those with a date"""
MODELS, DAYS, SOURCES = 200, 100, 3
SEED = 20_261_126
BEGINS = datetime(2025, 11, 1, tzinfo=UTC)


def measure() -> list[Measurement]:
    """Return the seconds of recording, and the milliseconds of reading all words about 200 models and of their page."""
    with tempfile.TemporaryDirectory() as name:
        begin(Path(name))
        return [recording(), *reading()]


def recording() -> Measurement:
    """Return the seconds of reading and recording the whole table, beside parsing its JSON alone."""
    from training.services.observations import bring

    content = table(Random(SEED), ENTRIES, DATED)
    started = time.perf_counter()
    json.loads(content)
    parsed = time.perf_counter() - started
    started = time.perf_counter()
    brought = bring(actor=None, form="litellm", chunks=[content], name="table.json", retrieved_at=BEGINS)
    seconds = time.perf_counter() - started
    if brought.new != DATED:
        raise AssertionError(f"found {brought.new} dates, expected {DATED}")
    name = f"a feed of {ENTRIES:,} models, {len(content) / 1e6:.1f} MB, recorded"
    return Measurement(name, seconds, "s", Goal("value", "<=", 10), peer=parsed, beside="its JSON parsed")


def reading() -> list[Measurement]:
    """Return the milliseconds of every word about the models, and of the first page of the catalogue."""
    from django.test import Client

    from governance.models import User
    from training.selectors import observations
    from training.services.observations import bring

    random = Random(SEED)
    owner = User.objects.get(username="owner")
    models = [_model(owner, number) for number in range(MODELS)]
    small = table(random, 50, 50)
    for day in range(1, DAYS):
        for source in range(SOURCES):
            at = BEGINS + timedelta(days=day)
            content = small if day % 30 else table(random, 50, 50)  # a month without news, then some dates move
            bring(actor=None, form="litellm", chunks=[content], name="t.json", source=f"list {source}", retrieved_at=at)
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    what = f"{MODELS} models, {SOURCES} sources, {DAYS} days"
    words = _milliseconds(lambda: observations.seen(models))
    page = _milliseconds(lambda: _get(client))
    return [
        Measurement(f"every word about {what}", words, "ms", Goal("value", "<=", 150)),
        Measurement(f"page of base models: {what}", page, "ms", Goal("value", "<=", 150)),
    ]


def table(random: Random, entries: int, dated: int) -> bytes:
    """Return a table as litellm has it: so many entries, of which so many name a date."""
    found: dict[str, dict[str, Any]] = {}
    for number in range(entries):
        entry = {
            "litellm_provider": "openai",
            "mode": "chat",
            "max_input_tokens": 128_000,
            "input_cost_per_token": 2.5e-06,
            "output_cost_per_token": 1e-05,
            "source": f"https://vendor.example/models/{number}",
            **{
                f"supports_{what}": True for what in ("function_calling", "vision", "prompt_caching", "system_messages")
            },
            "supported_endpoints": ["/v1/chat/completions", "/v1/batch", "/v1/responses"],
            "supported_modalities": ["text", "image"],
        }
        if number < dated:
            day = BEGINS.date() + timedelta(days=random.randint(400, 1_400))
            entry["deprecation_date"] = day.isoformat()
        found[f"model-{number}"] = entry
    return json.dumps(found).encode()


def _model(owner: "User", number: int) -> "Document":
    from governance.services.documents import document_submit

    body: dict[str, Any] = {
        "title": f"Model {number}", "name": f"model-{number}", "version": "1", "source": "made up",
        "source_sha256": None, "parameters": None, "context_window": 128_000,
        "licence": {"id": "x", "name": "x", "text_sha256": None, "commercial_use": True, "derivatives": True},
        "files": [], "lifecycle": [], "custody": None,
        "hosted": {
            "provider": "OpenAI", "snapshot": f"model-{number}", "region": None, "observed_on": "2026-11-01",
        },
    }  # fmt: skip
    return document_submit(actor=owner, project=None, kind="training.base_model", body=body)


def _get(client: Any) -> None:
    if client.get("/base-models/").status_code != 200:
        raise AssertionError("the page of base models did not answer")


def _milliseconds(act: Any) -> float:
    act()
    times = []
    for _ in range(9):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)
