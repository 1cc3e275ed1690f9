"""Does an audit sample hold of each record drawn what the ledger tells of it, and of the days that were asked for?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from governance.proof import canonical, job_history
from governance.proof.canonical import NotCanonical
from governance.proof.envelope import Envelope
from governance.proof.keys import SignatureError
from governance.proof.leaf import DOCUMENT_FROZEN, DOCUMENT_SIGNED, Leaf
from governance.proof.period_checks import days_asked
from governance.proof.sampling import Member, Recipe
from governance.proof.signed_statement import payload

APART = ("report:", "access:record:")
"""events that are no part of a record's story: that a report on it was asked for, that somebody read it"""
MOST = 2000  # entries about one record


def problems(
    asked: Mapping[str, object],
    recipe: Recipe,
    leaves: Sequence[Leaf],
    drawn: Sequence[Member],
    content: Mapping[str, bytes],
) -> list[str]:
    """Return what is wrong with a sample's files, by name: other days than `asked`, something missing or changed.

    `leaves` are all entries of the recipe's ledger size, `drawn` the records that they and the recipe give.
    """
    stories = Stories(recipe, leaves)
    told = _days(asked, recipe, leaves)
    for number, member in enumerate(drawn, start=1):
        told += stories.problems(member, f"records/{number:03}", content)
    return told


def _days(asked: Mapping[str, object], recipe: Recipe, leaves: Sequence[Leaf]) -> list[str]:
    try:
        days = days_asked(asked)
    except ValueError as error:
        return [f"the days asked for cannot be read: {error}"]
    span = range(recipe.first, recipe.stop)
    wrong = [leaf.seq for leaf in leaves if (leaf.seq in span) != days.hold(leaf)]
    return [f"asked were {days}; the recipe is wrong about entry {wrong[0]}"] if wrong else []


class Stories:
    """What all entries of a ledger tell of the records drawn from it, each looked up once."""

    def __init__(self, recipe: Recipe, leaves: Sequence[Leaf]) -> None:
        self._recipe, self._leaves = recipe, leaves
        self._jobs = job_history.replay(leaves) if recipe.population == "runs" else {}
        self._frozen = {leaf.subjects[0] for leaf in leaves if leaf.event == DOCUMENT_FROZEN and leaf.subjects}
        self._about: dict[str, list[int]] = {}
        for leaf in leaves:
            if not leaf.event.startswith(APART) and recipe.project in (None, leaf.project or recipe.project):
                for subject in leaf.subjects:
                    self._about.setdefault(subject, []).append(leaf.seq)

    def documents(self, member: Member) -> list[str]:
        """Return the digests of the documents that a record is made of."""
        if member.name.startswith("sha256:"):
            named: Iterable[str] = [member.name]
        elif member.name.startswith("entry:"):
            named = self._leaves[member.entry].subjects
        else:
            told = self._jobs[member.name]
            named = (told.spec, told.output)
        return [digest for digest in named if digest in self._frozen]

    def entries(self, member: Member) -> list[int]:
        """Return the entries about a record, in their order, no more than `MOST`."""
        subjects = [*self.documents(member), *([f"job:{member.name}"] if member.name in self._jobs else [])]
        found = {seq for subject in subjects for seq in self._about.get(subject, ())}
        return sorted(found | {member.entry})[:MOST]

    def problems(self, member: Member, folder: str, content: Mapping[str, bytes]) -> Iterator[str]:
        """Yield what is missing, added or changed in the folder of a record."""
        inside = {
            name.removeprefix(f"{folder}/"): data for name, data in content.items() if name.startswith(f"{folder}/")
        }
        try:
            given = [one["index"] for one in canonical.loads(inside["leaves.json"])["leaves"]]
        except (KeyError, TypeError, NotCanonical) as error:
            yield f"{folder}: its entries cannot be read ({error})"
            return
        expected = self.entries(member)
        if given != expected:
            odd = sorted(set(given) ^ set(expected)) or given
            yield f"{folder}: entry {odd[0]} about the record is missing, added or moved"
        yield from self._documents(member, folder, inside)
        yield from self._signatures(member, folder, inside)
        for name, data in inside.items():
            if name.startswith("files/") and canonical.sha256(data) != f"sha256:{name.removeprefix('files/')}":
                yield f"{folder}: the file {name} has another digest than its name says"

    def _documents(self, member: Member, folder: str, inside: Mapping[str, bytes]) -> Iterator[str]:
        """Yield what is wrong with the documents: those the record is made of, with all that they rest on."""
        given = {f"sha256:{n[10:-5]}": data for n, data in inside.items() if n.startswith("documents/")}
        reached, frontier = set[str](), set(self.documents(member))
        while frontier:
            reached |= frontier
            named: set[str] = set()
            for digest in sorted(frontier):
                data = given.get(digest)
                if data is None or canonical.sha256(data) != digest:
                    yield f"{folder}: the document {digest} is missing or altered"
                    continue
                named |= {link.digest for link in Envelope.from_bytes(data).references}
            frontier = named - reached
        if added := sorted(set(given) - reached):
            yield f"{folder}: the document {added[0]} is no part of the record"

    def _signatures(self, member: Member, folder: str, inside: Mapping[str, bytes]) -> Iterator[str]:
        """Yield what is wrong with the signed statements: one for each sign-off of the record's own documents."""
        own = set(self.documents(member))
        wanted = {
            seq
            for seq in self.entries(member)
            if self._leaves[seq].event == DOCUMENT_SIGNED and own & set(self._leaves[seq].subjects)
        }
        for seq in sorted(wanted):
            if f"signatures/{seq}.json" not in inside:
                yield f"{folder}: the statement signed in entry {seq} is missing"
        for name, data in inside.items():
            if name.startswith("signatures/"):
                yield from self._statement(folder, name, data)

    def _statement(self, folder: str, name: str, data: bytes) -> Iterator[str]:
        place = name.removeprefix("signatures/").removesuffix(".json")
        leaf = (
            self._leaves[int(place)] if place.isascii() and place.isdigit() and int(place) < len(self._leaves) else None
        )
        try:
            said: Any = leaf.data.get("statement") if leaf is not None and leaf.event == DOCUMENT_SIGNED else None
            if said is None or canonical.sha256(payload(data)) != said:
                yield f"{folder}: {name} is not the statement that the ledger records"
        except (SignatureError, NotCanonical) as error:
            yield f"{folder}: {name} is no signed statement ({error})"
