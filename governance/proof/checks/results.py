"""Checks of the results that runs delivered: what a document was made of is what the ledger says was received.

A result is what the runner sent: what it found, and a manifest of its files. The ledger has its digest from the moment
it was received, before anybody judged it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from governance.proof.checks.evidence import Evidence
from governance.proof.checks.outcome import CheckLine, lines
from governance.proof.formats import canonical
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.leaf import Leaf
from governance.proof.history.jobs import replay
from governance.proof.words.printed import plural

RESULTS = "results"
ACCEPTED = "accepted"


def made_of(leaves: Mapping[int, Leaf], permits: set[str], documents: Mapping[str, object]) -> dict[str, list[str]]:
    """Return which of the documents were made of which accepted result, by the result's digest.

    Only of attempts whose permits, by the digests of their envelopes, are given. Two runs can deliver the same bytes.
    """
    found: dict[str, list[str]] = {}
    for job in replay(leaves[seq] for seq in sorted(leaves)).values():
        for attempt in job.attempts.values():
            if attempt.state == ACCEPTED and attempt.permit in permits and job.output in documents:
                found.setdefault(attempt.result, []).append(job.output)
    return found


def result_lines(evidence: Evidence, documents: Mapping[str, Envelope], leaves: Mapping[int, Leaf]) -> list[CheckLine]:
    """Return whether the results in the evidence are those received, none is missing, and files come from them.

    Nothing is said of evidence without any run that made something, or from before results were given.
    """
    if evidence.results is None:
        return []
    permits = {canonical.sha256(text.encode()) for text in evidence.permits}
    try:
        expected = made_of(leaves, permits, documents)
    # With the log key anything can be an entry.
    except (KeyError, TypeError, ValueError) as error:
        detail = f"an entry on a run is not as the vocabulary has it, so results cannot be held to it ({error!r})"
        return [CheckLine(RESULTS, False, detail)]
    if not expected and not evidence.results:
        return []
    holds = f"{plural(len(evidence.results), 'result is', 'results are')} what the ledger says was received from runs"
    return lines(RESULTS, _problems(evidence.results, expected, documents), holds)


def _problems(given: list[str], expected: dict[str, list[str]], documents: Mapping[str, Envelope]) -> Iterator[str]:
    left = dict(expected)
    for text in given:
        digest = canonical.sha256(text.encode())
        made = left.pop(digest, None)
        if made is None:
            yield f"found a result {digest} twice, or one of which no document in the evidence was made"
            continue
        try:
            delivered = {str(entry["sha256"]) for entry in canonical.loads(text.encode())["files"]}
        except (NotCanonical, KeyError, TypeError) as error:
            yield f"the result {digest} cannot be read: {error}"
            continue
        for document in made:
            known = delivered | _listed_below(document, documents)
            for sha256 in sorted(set(files_in(documents[document].body)) - known):
                yield f"document {document} lists the file {sha256}, which its run did not deliver"
    for digest, made in left.items():
        yield f"the result {digest}, of which document {made[0]} was made, is missing"


def _listed_below(digest: str, documents: Mapping[str, Envelope]) -> set[str]:
    """Return the files that the documents list on which one rests: a record may tell of those that it was given."""
    reached, frontier = set[str](), {link.digest for link in documents[digest].references}
    while frontier:
        reached |= frontier
        below = (documents[one] for one in frontier if one in documents)
        frontier = {link.digest for envelope in below for link in envelope.references} - reached
    return {file for one in reached if one in documents for file in files_in(documents[one].body)}


def files_in(value: Any) -> Iterator[str]:
    """Yield the SHA-256 of every manifest entry in a body, wherever its kind has them."""
    if isinstance(value, dict):
        if {"path", "size", "sha256"} <= value.keys():
            yield str(value["sha256"])
        for one in value.values():
            yield from files_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from files_in(one)
