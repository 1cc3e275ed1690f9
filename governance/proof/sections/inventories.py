"""What reports say of lists that other systems gave of what ran."""

from typing import Final

from governance.proof.sections.blocks import Block, facts, files
from governance.proof.sections.held import Paper

SOURCES: Final = {
    "serving": "what serves models, such as a list of pods",
    "scheduler": "what ran jobs, such as Slurm’s accounting",
    "cloud": "what was paid for, such as a billing export",
}


def inventory(held: Paper) -> list[Block]:
    """Where a list came from, what it covers, and the file."""
    body = held.body
    return [
        facts(
            ("From", f"{body['system']}: {SOURCES[body['source']]}"),
            ("Covers", f"{body['covers_from']} to {body['covers_until']}, both included"),
            ("Environments", body["environments"] or "all"),
            ("Rows", body["rows"]),
            *((f"Column {ours}", theirs) for ours, theirs in body["columns"].items()),
        ),
        files("The list as it came.", [body["file"]]),
    ]
