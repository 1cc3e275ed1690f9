"""Entry point of the purpose "assess": check datasets alone and against evaluation cases."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from evals.engine.assessment import QualitySpecBody
from evals.engine.cases import CasesInvalid, read_cases
from evals.engine.permitted import document, referred
from evals.engine.spec import EvaluationSetBody, FileEntry, RubricBody
from evals.quality.report import report as check
from evals.quality.rows import read_rows
from governance.runner.protocol import Outcome, OutputFile, Reporter, RunFailed

if TYPE_CHECKING:
    from governance.proof.formats.permit import Permit

LISTED = "findings.jsonl"


def run(work: Path, permit: "Permit", report: Reporter) -> Outcome:
    """Check the permitted rows; return a `QualityReportBody` and the file of all places.

    Reads `inputs/documents/{quality_spec,evaluation_set,rubric}.json`, `inputs/cases/…`, `inputs/data/<number>/…` and,
    if the specification names one, the production sample in `inputs/sample/…`; writes `outputs/findings.jsonl`.

    Raises:
        RunFailed: an input is not what the documents say, rows or cases cannot be read, or the attempt was stopped.
    """
    inputs = work / "inputs"
    envelope, spec = document(inputs, "quality_spec", QualitySpecBody)
    if envelope.digest != permit.spec:
        raise RunFailed(f"found the quality check {envelope.digest}, expected {permit.spec} as permitted")
    of_set, evaluation_set = document(inputs, "evaluation_set", EvaluationSetBody)
    of_rubric, rubric = document(inputs, "rubric", RubricBody)
    referred(envelope, "evaluation_set", of_set)
    referred(envelope, "rubric", of_rubric)

    def tell(share: float, about: str) -> None:
        if report.stopping():
            raise RunFailed("the checks were stopped")
        report.progress(0.05 + 0.9 * share, f"looking at {about}")

    report.progress(0.01, "reading rows and cases")
    try:
        rows = read_rows(_files(inputs, permit, "data"))
        cases = read_cases(_files(inputs, permit, "cases"))
        sample = _files(inputs, permit, "sample")
        found = check(
            rows,
            cases,
            title=spec.title,
            evaluation_set=evaluation_set,
            rubric=rubric,
            sample=read_cases(sample) if sample else None,
            tell=tell,
        )
    except (CasesInvalid, ValueError) as error:
        raise RunFailed(f"they cannot be checked: {error}") from error
    if not found.listing:
        return Outcome(body=found.body.model_dump(mode="json"))
    target = work / "outputs" / LISTED
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(found.listing)
    digest = f"sha256:{sha256(found.listing).hexdigest()}"
    body = found.body.model_copy(update={"listed": FileEntry(path=LISTED, size=len(found.listing), sha256=digest)})
    return Outcome(body=body.model_dump(mode="json"), files=[OutputFile(LISTED, target)])


def _files(inputs: Path, permit: "Permit", role: str) -> Sequence[tuple[str, Path]]:
    """Return the permit's files of a role, by the names that findings give them."""
    found = sorted(item.name for item in permit.inputs if item.role == role)
    return [(name.removeprefix(f"{role}/"), inputs / name) for name in found]
