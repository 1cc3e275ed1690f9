"""The engine on a tiny random model: what it generates, what it refuses, what it leaves behind."""

import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from evals.engine.answers import render
from evals.engine.grading import Grading
from evals.engine.output_lines import parse_outputs
from evals.engine.outputs import read_outputs
from evals.engine.spec import Case, EvaluationResultBody, FileEntry, Message, Prompt
from governance.proof.formats.canonical import dumps, sha256
from governance.proof.formats.envelope import Envelope, Link
from governance.proof.formats.permit import Input
from governance.runner.protocol import RunFailed
from tests.evals.engine.builders import QUESTIONS, case, evaluation_set, rubric, rubric_dict

pytestmark = pytest.mark.ml


@dataclass
class Permit:
    """What of a permit the engine looks at."""

    spec: str
    bounds: dict[str, Any] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)


@dataclass
class Recorder:
    """A reporter that remembers, and can say that the attempt was stopped."""

    stop_after: int = 10**6
    shares: list[float] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def progress(self, done: float, message: str, **figures: float | int | str) -> None:
        self.shares.append(done)

    def log(self, line: str) -> None:
        self.lines.append(line)

    def stopping(self) -> bool:
        return len(self.shares) > self.stop_after


def envelope(kind: str, body: dict[str, Any], references: list[Link] | None = None) -> Envelope:
    return Envelope(
        schema_name=f"evals.{kind}/1", project=str(uuid.UUID(int=1)), series=str(uuid.UUID(int=2)), number=1,
        previous=None, contributors=[], salt="0" * 32, references=references or [], body=body,
    )  # fmt: skip


@pytest.fixture
def work(tmp_path: Path, base: Path) -> Path:
    inputs = tmp_path / "inputs"
    (inputs / "documents").mkdir(parents=True)
    (inputs / "cases").mkdir()
    shutil.copytree(base, inputs / "base")
    cases = [
        case(f"c{number:02}", messages=[{"role": "user", "content": text}]) for number, text in enumerate(QUESTIONS)
    ]
    content = b"".join(dumps(found.model_dump(exclude_none=True)) + b"\n" for found in cases)
    (inputs / "cases" / "holdout.jsonl").write_bytes(content)
    return tmp_path


def documents(work: Path, arm: str = "base", cases: int = len(QUESTIONS), **rubric_changes: Any) -> Permit:
    content = (work / "inputs/cases/holdout.jsonl").read_bytes()
    entry = FileEntry(path="holdout.jsonl", size=len(content), sha256=sha256(content))
    parts = {
        "evaluation_set": envelope(
            "evaluation_set", evaluation_set(cases, files=[entry.model_dump()]).model_dump(mode="json")
        ),
        "rubric": envelope("rubric", rubric(**rubric_changes).model_dump(mode="json")),
    }
    links = [Link(role=role, digest=part.digest) for role, part in parts.items()]
    parts["evaluation_spec"] = envelope("evaluation_spec", {"arm": arm, "attempt_index": 1, "note": ""}, links)
    for role, part in parts.items():
        (work / f"inputs/documents/{role}.json").write_bytes(part.to_bytes())
    return Permit(spec=parts["evaluation_spec"].digest)


def run(work: Path, permit: Permit, report: Recorder | None = None) -> Any:
    from evals.engine.run import run as entry_point

    files = sorted(path for path in (work / "inputs").rglob("*") if path.is_file())
    permit.inputs = [
        Input(
            name=str(path.relative_to(work / "inputs")),
            sha256=sha256(path.read_bytes()),
            size=path.stat().st_size,
            role="file",
        )
        for path in files
    ]
    return entry_point(work, permit, report or Recorder())  # type: ignore[arg-type]


def texts(outcome: Any) -> list[str]:
    return [line.output for line in parse_outputs(outcome.files[0].path.read_bytes())]


def read_cases(work: Path) -> list[Case]:
    lines = (work / "inputs/cases/holdout.jsonl").read_text().splitlines()
    return [Case.model_validate_json(line) for line in lines]


def test_a_permitted_evaluation_leaves_outputs_and_a_body_without_verdicts(work: Path) -> None:
    report = Recorder()
    outcome = run(work, documents(work), report)
    body = EvaluationResultBody.model_validate(outcome.body)
    assert (body.n, body.verdicts, body.verdict) == (len(QUESTIONS), [], None)
    dumps(outcome.body)
    [output] = outcome.files
    assert output.name == "outputs.jsonl"
    data = output.path.read_bytes()
    assert (body.outputs.sha256, body.outputs.size) == (sha256(data), len(data))
    assert len(read_outputs(data, read_cases(work), Grading(rubric()), "base").graded) == len(QUESTIONS)
    assert report.shares == sorted(report.shares)
    assert report.shares[-1] == 1.0
    assert body.tokens > 0
    shutil.rmtree(work / "journal")
    again = run(work, documents(work))
    first, second = (parse_outputs(content) for content in (data, again.files[0].path.read_bytes()))
    assert [line.model_copy(update={"seconds": None}) for line in first] == [
        line.model_copy(update={"seconds": None}) for line in second
    ]
    assert all(line.tokens_in > 0 and line.seconds and float(line.seconds) > 0 for line in first)


def test_an_adapter_is_used_and_a_foreign_one_refused(work: Path, base: Path) -> None:
    import peft
    from safetensors.torch import load_file, save_file
    from transformers import AutoModelForCausalLM

    permit = documents(work, arm="tuned")
    before = texts(run(work, permit))
    config = peft.LoraConfig(
        task_type="CAUSAL_LM", r=4, target_modules=["q_proj", "down_proj"], init_lora_weights=False
    )
    model = peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    model.save_pretrained(work / "inputs/adapter")
    assert texts(run(work, permit)) != before
    with pytest.raises(RunFailed, match="base arm"):
        run(work, documents(work, arm="base"))
    permit = documents(work, arm="tuned")
    weights = work / "inputs/adapter/adapter_model.safetensors"
    tensors = load_file(weights)
    tensors.pop(next(iter(tensors)))
    save_file(tensors, weights, metadata={"format": "pt"})
    with pytest.raises(RunFailed, match="do not match the base model"):
        run(work, permit)
    weights.write_bytes(b"garbage")
    with pytest.raises(RunFailed, match="cannot be put on the base model"):
        run(work, permit)
    weights.unlink()
    with pytest.raises(RunFailed, match=r"adapter_model\.safetensors"):
        run(work, documents(work, arm="tuned"))


def test_a_document_other_than_permitted_or_referred_to_is_refused(work: Path) -> None:
    permit = documents(work)
    with pytest.raises(RunFailed, match="as permitted"):
        run(work, Permit(spec="sha256:" + "1" * 64))
    lenient = envelope("rubric", rubric(pass_mark="0.1").model_dump(mode="json"))
    (work / "inputs/documents/rubric.json").write_bytes(lenient.to_bytes())
    with pytest.raises(RunFailed, match="as the specification refers to it"):
        run(work, permit)
    (work / "inputs/documents/rubric.json").write_bytes(b"{}")
    with pytest.raises(RunFailed, match=r"rubric\.json cannot be used"):
        run(work, permit)


def test_a_case_changed_after_signing_is_refused(work: Path) -> None:
    permit = documents(work)
    path = work / "inputs/cases/holdout.jsonl"
    path.write_bytes(path.read_bytes().replace(b"left", b"LEFT"))
    with pytest.raises(RunFailed, match="as signed"):
        run(work, permit)
    path.unlink()
    with pytest.raises(RunFailed, match="expected it among"):
        run(work, permit)


def test_a_stopped_or_overdue_attempt_ends_without_a_result(work: Path) -> None:
    permit = documents(work)
    with pytest.raises(RunFailed, match="stopped after 8 of 12"):
        run(work, permit, Recorder(stop_after=1))
    with pytest.raises(RunFailed, match="permitted time is over"):
        run(work, Permit(permit.spec, {"max_seconds": 0}))
    assert not (work / "outputs/outputs.jsonl").exists()


def test_a_model_that_is_none_is_refused(work: Path) -> None:
    permit = documents(work)
    (work / "inputs/base/model.safetensors").write_bytes(b"garbage")
    with pytest.raises(RunFailed, match="cannot be read"):
        run(work, permit)
    (work / "inputs/base/config.json").unlink()
    with pytest.raises(RunFailed, match="cannot be read"):
        run(work, permit)


def test_a_case_with_its_own_system_message_is_sent_as_it_is() -> None:
    prompt = Prompt(system="S", template="<{input}>")
    own = [Message(role="system", content="mine"), Message(role="user", content="q")]
    assert render(prompt, own) == [{"role": "system", "content": "mine"}, {"role": "user", "content": "q"}]
    assert render(prompt, own[1:]) == [{"role": "system", "content": "S"}, {"role": "user", "content": "<q>"}]
    assert render(Prompt(system=None, template="{input}"), own[1:]) == [{"role": "user", "content": "q"}]


def test_a_rubric_schema_that_is_none_fails_before_the_model_loads(work: Path) -> None:
    broken = rubric_dict()["output"] | {"schema": {"type": 7}}
    with pytest.raises(RunFailed, match="not a JSON Schema"):
        run(work, documents(work, output=broken))
