"""Entry point of the purpose "probe": ask a hosted model fixed questions, and keep every answer.

Nothing is judged here: the answers are counted and compared where they are received.
"""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from evals.engine.asking import ask, requests_of
from evals.engine.backends.base import Chat
from evals.engine.backends.http import HttpModel
from evals.engine.journal import FOLDER, Journal, binding, source
from evals.engine.permitted import document
from evals.engine.run import SETTINGS, environment
from evals.engine.spec import Decoding
from governance.proof.formats import canonical
from governance.proof.formats.manifest import FileEntry
from governance.runner.protocol import Outcome, OutputFile, Reporter, RunFailed
from training.bodies.custody import ProbeAnswersBody, ProbeSpecBody
from training.custody.answers import FILE, Line, written

if TYPE_CHECKING:
    from governance.proof.formats.permit import Permit

SEED = 0
"""What is sent where answers are drawn; the repeats of a prompt each get a seed of their own made from it."""


def run(work: Path, permit: "Permit", report: Reporter) -> Outcome:
    """Ask every prompt as often as permitted and return a `ProbeAnswersBody` with the file of answers.

    Reads `inputs/documents/probe_spec.json`. Answers of an attempt that was killed are not asked for again.

    Raises:
        RunFailed: the document is not the permitted one, the endpoint does not answer, the permitted time is over, or
            the attempt was stopped.
    """
    started = time.monotonic()
    os.environ.update(SETTINGS)
    envelope, spec = document(work / "inputs", "probe_spec", ProbeSpecBody, "training")
    if envelope.digest != permit.spec:
        raise RunFailed(f"found the probe {envelope.digest}, expected {permit.spec} as permitted")
    decoding = decoding_of(spec)
    requests = requests_of(chats(spec), decoding)
    deadline = started + min(spec.max_seconds, permit.bounds.get("max_seconds", spec.max_seconds))
    bound = binding(permit.spec, {item.name: item.sha256 for item in permit.inputs}, {"engine": source()})
    with Journal(work / FOLDER, bound) as journal:
        found, around = ask(lambda: HttpModel(spec.endpoint), requests, decoding, journal, report, deadline)
    content = written(Line(key[0], key[1], a.text, a.tokens, a.finished) for key, a in found.items())
    target = work / "outputs" / FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    costs = [answer.cost for answer in found.values() if answer.cost is not None]
    body = ProbeAnswersBody(
        answers=FileEntry(path=FILE, size=len(content), sha256=canonical.sha256(content)),
        asked=len(requests),
        answered=len(found),
        seconds=f"{time.monotonic() - started:.3f}",
        cost=f"{sum(costs):.6f}" if costs else None,
        environment=environment() | around,
        permit=canonical.sha256(canonical.dumps(permit.model_dump())),
    )
    return Outcome(body.model_dump(mode="json"), [OutputFile(FILE, target)])


def chats(spec: ProbeSpecBody) -> list[tuple[str, Chat]]:
    """Return what is asked: the name of each prompt with its chat."""
    system = [{"role": "system", "content": spec.system}] if spec.system else []
    return [(prompt.id, [*system, {"role": "user", "content": prompt.text}]) for prompt in spec.prompts]


def decoding_of(spec: ProbeSpecBody) -> Decoding:
    """Return how it is asked: the likeliest answer at the temperature "0", drawn ones above."""
    drawn = float(spec.temperature) > 0
    return Decoding(
        max_new_tokens=spec.max_new_tokens,
        do_sample=drawn,
        temperature=spec.temperature if drawn else None,
        seed=SEED if drawn else None,
        repeats=spec.repeats,
        batch_size=1,
        precision="fp32",
    )
