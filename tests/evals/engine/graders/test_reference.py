"""The reference of graders and metrics says what the registries do."""

from pathlib import Path

from evals.engine.catalogue import CATALOGUE
from evals.engine.metric_names import METRICS

ROOT = Path(__file__).resolve().parents[4]
REFERENCE = ROOT / "docs" / "graders.md"


def graders() -> list[str]:
    rows = []
    for entry in CATALOGUE.values():
        parameters = ", ".join(f"`{name}`" for name in entry.parameters.model_fields) or "none"
        needs = ", ".join(entry.needs) or "nothing"
        rows.append(f"| `{entry.name}` | {entry.version} | {entry.summary} | {parameters} | {needs} |")
    return rows


def metrics() -> list[str]:
    rows = []
    for name, found in METRICS.items():
        shown = f"{name}:{found.argument.upper()}" if found.argument else name
        if name == "field_f1":
            shown = "field_f1, field_f1:FIELD"
        grader = ", ".join(f"`{grader}`" for grader in found.graders) or (
            "the criterion's" if "criterion" in found.argument else "none"
        )
        rows.append(f"| `{shown}` | {found.of.format('…') if found.of else found.words} | {found.family} | {grader} |")
    return rows


def test_every_grader_and_metric_is_in_the_reference() -> None:
    text = REFERENCE.read_text()
    for row in (*graders(), *metrics()):
        assert row in text, f"add to {REFERENCE.name}:\n{row}"
    assert text.count("\n| `") == len(CATALOGUE) + len(METRICS), "the reference has rows of what does not exist"
