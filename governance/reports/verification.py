"""How a reader checks a report: the same words and commands in every one."""

from governance.proof.sections.blocks import Commands, Paragraph
from governance.proof.words.running_text import VERIFY
from governance.reports.model import Section


def how_to_verify() -> Section:
    """The closing section. It never prints the fingerprint to trust: that must come from somewhere else."""
    blocks = tuple(Paragraph(part) if isinstance(part, str) else Commands(part) for part in VERIFY)
    return Section("How to verify this report", blocks)
