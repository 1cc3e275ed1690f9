"""What a signer was shown, as blocks: printed from the very bytes whose digest the signed statement names."""

from typing import Any

from governance.reports.any_body import tree
from governance.reports.parts import Block, Paragraph


def presented(shown: dict[str, Any]) -> list[Block]:
    """Return the blocks of a stored presentation."""
    intro = "This is what the page showed when it was signed; its digest stands in the signed statement."
    return [Paragraph(intro), *tree(shown)]
