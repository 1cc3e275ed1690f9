"""What keeps a case from being written in another tool's format."""

from evals.engine.spec import Case


class NotWritable(ValueError):
    """A case that a format cannot hold, and why; nothing is written then."""

    def __init__(self, case: str, why: str) -> None:
        super().__init__(f"case {case!r} cannot be written: {why}")
        self.case = case
        self.why = why


def lone_question(case: Case, what: str) -> str:
    """Return the one user message of a case. NotWritable when it is a conversation or has a system message."""
    if len(case.messages) != 1:
        raise NotWritable(case.id, f"it has {len(case.messages)} messages, and {what} asks a single one")
    return case.messages[0].content
