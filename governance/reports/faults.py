"""Why no report can be made."""


class Unreportable(Exception):
    """What is stored contradicts the ledger or itself: a report would have to state something that is not so."""
