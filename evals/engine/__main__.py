"""`python -m evals.engine`: evaluate on one's own machine, with no permit; what comes of it can release nothing.

    --set FILE --rubric FILE   the bodies of evaluation set and rubric, as JSON
    --cases DIR                where the set's files of cases lie
    --base DIR [--adapter DIR] a model; with an adapter, base and tuned are measured with one load
    --endpoint FILE            or: an endpoint, as JSON (address, model, key_from, …)
    --recorded FILE            or: answers recorded elsewhere
    --judge NAME=DIR           the files of a local judge of the rubric, for each of them
    --out DIR                  a new folder; a folder per arm, each with outputs.jsonl, result.json and what was asked

Asked again with the same `--out`, it goes on where it was interrupted. Exit: 0 done, 2 it could not be done.
"""

import argparse
import json
import os
import shutil
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from evals.engine.endpoints import Endpoint
from evals.engine.run import backend_of, evaluate
from evals.engine.spec import Arm, EvaluationSetBody, EvaluationSpecBody, FileEntry, RubricBody
from governance.proof.formats.envelope import Envelope, Link
from governance.proof.formats.permit import Input, Permit
from governance.runner.protocol import RunFailed

NOTE = "measured without a permit; not binding"


@dataclass
class Places:
    """Where an evaluation without a permit finds things and puts them; of model, endpoint and recording there is one.

    `judge` has the name and the folder of every local judge.
    """

    out: Path
    cases: Path
    set: Path = Path()
    rubric: Path = Path()
    base: Path | None = None
    adapter: Path | None = None
    endpoint: Path | None = None
    recorded: Path | None = None
    judge: Sequence[tuple[str, Path]] = ()


@dataclass
class Unpermitted:
    """What the engine looks at in a permit, stated by whoever runs it: it permits nothing."""

    spec: str
    inputs: list[Input]
    bounds: dict[str, Any] = field(default_factory=dict)


class Told:
    """Progress on standard error."""

    def progress(self, done: float, message: str, **figures: float | str) -> None:
        """Say how far it is."""
        sys.stderr.write(f"{done:4.0%} {message}\n")

    def log(self, line: str) -> None:
        """Say it."""
        sys.stderr.write(f"{line}\n")

    def stopping(self) -> bool:
        """Return False: Ctrl-C ends it, and it can be gone on with."""
        return False


def main(arguments: list[str] | None = None) -> int:
    """Evaluate what the arguments name and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m evals.engine", description=(__doc__ or "").split("\n")[0])
    for name in ("set", "rubric", "cases", "out"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    which = parser.add_mutually_exclusive_group(required=True)
    for name in ("base", "endpoint", "recorded"):
        which.add_argument(f"--{name}", type=Path)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--judge", action="append", default=[], type=_named)
    chosen = Places(**vars(parser.parse_args(arguments)))
    try:
        for arm, result in _measured(chosen):
            sys.stdout.write(json.dumps({"arm": arm, "binding": False, "result": result}, ensure_ascii=False) + "\n")
    except (RunFailed, ValidationError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _named(text: str) -> tuple[str, Path]:
    name, found, folder = text.partition("=")
    if not (name and found and folder):
        raise argparse.ArgumentTypeError(f"found {text!r}, expected NAME=DIR")
    return name, Path(folder)


def _measured(chosen: Places) -> list[tuple[Arm, dict[str, Any]]]:
    rubric = RubricBody.model_validate_json(chosen.rubric.read_bytes())
    cases = EvaluationSetBody.model_validate_json(chosen.set.read_bytes())
    if chosen.base is None:
        spec = _spec(chosen)
        return [(spec.arm, evaluate_arm(chosen, spec, rubric, cases, None))]
    if chosen.adapter is None:
        return [("base", evaluate_arm(chosen, _spec(chosen), rubric, cases, None))]
    from evals.engine.backends.local_model import LocalModel

    found: list[tuple[Arm, dict[str, Any]]] = []
    places = chosen.out / "model"
    places.mkdir(parents=True, exist_ok=True)
    for name in ("base", "adapter"):
        _linked(places / name, getattr(chosen, name))
    tuned = cast(LocalModel, backend_of(places, _spec(chosen, "tuned"), rubric))
    for arm, backend in (("base", tuned.without_adapter()), ("tuned", tuned)):
        spec = _spec(chosen, cast(Arm, arm))
        found.append((spec.arm, evaluate_arm(chosen, spec, rubric, cases, backend)))
    return found


def _spec(chosen: Places, arm: Arm = "base") -> EvaluationSpecBody:
    if chosen.endpoint is not None:
        endpoint = Endpoint.model_validate_json(chosen.endpoint.read_bytes())
        return EvaluationSpecBody(arm="other", attempt_index=1, note=NOTE, endpoint=endpoint)
    if chosen.recorded is not None:
        return EvaluationSpecBody(arm="retrieval", attempt_index=1, note=NOTE, recorded=_entry(chosen.recorded))
    return EvaluationSpecBody(arm=arm, attempt_index=1, note=NOTE)


def evaluate_arm(
    chosen: Places, spec: EvaluationSpecBody, rubric: RubricBody, cases: EvaluationSetBody, backend: Any
) -> dict[str, Any]:
    """Lay the inputs out as a runner does, evaluate, and return the result's body."""
    work = chosen.out / spec.arm
    inputs = work / "inputs"
    (inputs / "documents").mkdir(parents=True, exist_ok=True)
    parts = {"evaluation_set": _envelope("evaluation_set", cases, []), "rubric": _envelope("rubric", rubric, [])}
    links = [Link(role=role, digest=part.digest) for role, part in parts.items()]
    parts["evaluation_spec"] = _envelope("evaluation_spec", spec, links)
    for role, part in parts.items():
        (inputs / "documents" / f"{role}.json").write_bytes(part.to_bytes())
    _linked(inputs / "cases", chosen.cases)
    named = {"base": chosen.base, "adapter": chosen.adapter if spec.arm == "tuned" else None}
    for role, files in named.items():
        if files is not None:
            _linked(inputs / role, files)
    for name, folder in chosen.judge:
        if name not in rubric.judges or rubric.judges[name].backend != "local":
            raise ValueError(f"found the files of a judge {name!r}, which the rubric has no local judge of")
        place = inputs / rubric.judges[name].folder
        place.mkdir(parents=True, exist_ok=True)
        _linked(place / "base", folder)
    if spec.recorded is not None and chosen.recorded is not None:
        (inputs / "recorded").mkdir(exist_ok=True)
        shutil.copyfile(chosen.recorded, inputs / "recorded" / spec.recorded.path)
    permit = Unpermitted(parts["evaluation_spec"].digest, _inputs(inputs))
    outcome = evaluate(work, cast(Permit, permit), Told(), (lambda: backend) if backend is not None else None)
    (work / "result.json").write_text(json.dumps(outcome.body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return outcome.body


def _envelope(kind: str, body: Any, references: list[Link]) -> Envelope:
    # Identifiers of nothing: the same every time, so that the journal knows the same work again.
    nobody = str(uuid.UUID(int=0))
    return Envelope(
        schema_name=f"evals.{kind}/1", project=nobody, series=nobody, number=1, previous=None, contributors=[],
        salt="0" * 32, references=references, body=body.model_dump(mode="json"),
    )  # fmt: skip


def _inputs(folder: Path) -> list[Input]:
    found = []
    for place, _, names in os.walk(folder, followlinks=True):
        for path in (Path(place) / name for name in names):
            entry = _entry(path)
            name = str(path.relative_to(folder))
            found.append(Input(name=name, sha256=entry.sha256, size=entry.size, role="file"))
    return sorted(found, key=lambda one: one.name)


def _entry(path: Path) -> FileEntry:
    with path.open("rb") as file:
        digest = sha256(file.read()).hexdigest()
    return FileEntry(path=path.name, size=path.stat().st_size, sha256=f"sha256:{digest}")


def _linked(place: Path, folder: Path) -> None:
    """Let `place` be `folder`, which is not copied."""
    place.unlink(missing_ok=True)
    place.symlink_to(folder.resolve(), target_is_directory=True)


if __name__ == "__main__":
    sys.exit(main())
