"""Candidates and their withdrawals against the leaves, both ways."""

from governance import events
from governance.models import Candidate, CandidateWithdrawn
from governance.proof.formats.leaf import Leaf
from governance.selectors import candidates
from governance.selectors.verification.tables import Pairs, Table, Tables


def _pairs(said: candidates.Told, leaf: Leaf) -> Pairs:
    return {key: (value, leaf.data.get(key)) for key, value in said.items()}


class Candidates(Tables):
    """Compares every row about what was proposed after a failure with its leaf."""

    tables = (
        Table(
            "candidate",
            (events.CANDIDATE_MARKED,),
            Candidate.objects.select_related("by"),
            lambda row, leaf: _pairs(candidates.marking(row), leaf),
        ),
        Table(
            "withdrawal of a candidate",
            (events.CANDIDATE_WITHDRAWN,),
            CandidateWithdrawn.objects.select_related("by"),
            lambda row, leaf: _pairs(candidates.withdrawing(row), leaf),
        ),
    )
