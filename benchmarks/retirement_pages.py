"""The pages of retirement risk over an assessment of 200 base models and 2,000 services, beside one of a tenth."""

import hashlib
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.installed import begin
from benchmarks.lifecycle_risk import BASES, DEPENDANTS, world
from benchmarks.measurement import Goal, Measurement

if TYPE_CHECKING:
    from governance.models import Document, User

RUNS = 50
MILLISECONDS = 150.0
HOSTED = {"provider": "vendor 0", "snapshot": "model 0", "region": None, "observed_on": "2026-11-01"}


def measure() -> list[Measurement]:
    """Return the median milliseconds of the overview and of one base model's page."""
    with tempfile.TemporaryDirectory() as name:
        begin(Path(name))
        from governance.models import User

        owner = User.objects.get(username="owner")
        base = _base(owner)
        _assessed(owner, base, BASES // 10, DEPENDANTS // 10)
        few = _pages(owner, base)
        _assessed(owner, base, BASES, DEPENDANTS)
        many = _pages(owner, base)
    about = f"{BASES} base models, {DEPENDANTS:,} services"
    goal = Goal("value", "<=", MILLISECONDS)
    return [
        Measurement(f"{page}, {about}", many[page], "ms", goal, peer=few[page], beside="a tenth of both")
        for page in many
    ]


def _base(owner: "User") -> "Document":
    from governance.services import documents

    licence = {"id": "x", "name": "x", "text_sha256": None, "commercial_use": True, "derivatives": True}
    body: dict[str, Any] = {
        "title": "model 0", "name": "model 0", "version": "1", "source": "vendor 0", "source_sha256": None,
        "parameters": None, "context_window": 1000, "licence": licence, "files": [], "lifecycle": [], "custody": None,
        "hosted": HOSTED,
    }  # fmt: skip
    return documents.document_submit(actor=owner, project=None, kind="training.base_model", body=body)


def _assessed(owner: "User", base: "Document", bases: int, dependants: int) -> None:
    """Freeze an assessment of made-up inputs, in which the first base model is the one on the shelf."""
    from governance import store
    from governance.registry import KINDS
    from governance.selectors import ledger
    from governance.services.documents import check_body, freeze
    from governance.services.ledger import mutation
    from training.bodies.risk import ASSESSMENT
    from training.lifecycle import at_a_glance, risk, written
    from training.services import risk as service

    made = world(bases, dependants, RUNS)
    known = [one.digest for one in made.bases] + [one.digest for one in made.dependants]
    names = {digest: _digest(digest) for digest in known} | {made.bases[0].digest: base.digest}
    inputs = replace(
        made,
        bases=tuple(replace(one, digest=names[one.digest]) for one in made.bases),
        dependants=tuple(
            replace(one, digest=names[one.digest], base=names[one.base] if one.base else None)
            for one in made.dependants
        ),
    )
    result, content, places = risk.assess(inputs), bytearray(), dict[str, tuple[int, int]]()
    for line in written.lines(result):
        places[line.about] = (len(content), len(line.content))
        content += line.content
    entry = store.put([bytes(content)]).model_copy(update={"path": "assessment.jsonl"})
    around = at_a_glance.Around(ledger.size(), {}, (), None)
    body = at_a_glance.of(result, inputs, around, places, entry).model_dump(mode="json")
    kind = KINDS[ASSESSMENT]
    with mutation(actor=owner, action=service.ACTION) as m:
        links = [{"role": "base_model", "digest": base.digest}]
        freeze(m, kind=kind, body=check_body(kind, body), references=links, contributors=[owner.actor], by=owner)


def _pages(owner: "User", base: "Document") -> dict[str, float]:
    from django.test import Client
    from django.urls import reverse

    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    addresses = {
        "retirement overview": reverse("retirement"),
        "retirement of a base model": reverse("retirement-base", args=[base.digest]),
    }
    return {
        name: statistics.median(_milliseconds(client, address) for _ in range(15))
        for name, address in addresses.items()
    }


def _milliseconds(client: Any, address: str) -> float:
    started = time.perf_counter()
    answer = client.get(address)
    seconds = time.perf_counter() - started
    if answer.status_code != 200:
        raise RuntimeError(f"found {answer.status_code} at {address}")
    return seconds * 1000


def _digest(name: str) -> str:
    return "sha256:" + hashlib.sha256(name.encode()).hexdigest()
