"""What the ledger tells of the records of an audit sample, and whether their folders hold just that."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from governance.proof.files.sample_index import LARGEST, TOO_LARGE, TOO_MUCH, WHY, Held, Record, folder
from governance.proof.formats import canonical
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import DOCUMENT_FROZEN, DOCUMENT_SIGNED, Leaf
from governance.proof.formats.manifest import FileEntry
from governance.proof.formats.signed_statement import payload
from governance.proof.history import jobs
from governance.proof.history.sampling import Member, Recipe, ticket

APART = ("report:", "access:record:")
"""events that are no part of a record's story: that a report on it was asked for, that somebody read it"""
MOST = 2000  # entries about one record


def files_named(body: object) -> Iterator[FileEntry]:
    """Yield the files that a document's body names, wherever it does, in the order of its canonical JSON."""
    if isinstance(body, dict):
        try:
            yield FileEntry.model_validate(body)
            return
        except ValidationError:
            pass
        for name in sorted(body):
            yield from files_named(body[name])
    elif isinstance(body, list):
        for item in body:
            yield from files_named(item)


class Stories:
    """What ledger entries tell of the records drawn from them, each looked up once.

    `leaves` are those at hand, by index: all there are by the recipe's ledger size (then it is `complete`), or no more
    than the sample holds.
    """

    def __init__(self, recipe: Recipe, leaves: Mapping[int, Leaf], *, complete: bool = False) -> None:
        self._recipe, self._leaves, self._complete = recipe, leaves, complete
        ordered = [leaves[seq] for seq in sorted(leaves)]
        self._jobs = jobs.replay(ordered) if recipe.population == "runs" else {}
        self._frozen = {leaf.subjects[0] for leaf in ordered if leaf.event == DOCUMENT_FROZEN and leaf.subjects}
        self._about: dict[str, list[int]] = {}
        for leaf in ordered:
            if not leaf.event.startswith(APART) and recipe.project in (None, leaf.project or recipe.project):
                for subject in leaf.subjects:
                    self._about.setdefault(subject, []).append(leaf.seq)

    def documents(self, member: Member) -> list[str]:
        """Return the digests of the documents that a record is made of."""
        if member.name.startswith("sha256:"):
            return [member.name]
        if not member.name.startswith("entry:"):
            told = self._jobs[member.name]
            return [digest for digest in (told.spec, told.output) if digest]
        leaf = self._leaves[member.entry]
        if leaf.event == DOCUMENT_SIGNED:
            return [digest for digest in leaf.subjects if canonical.is_digest(digest)]
        # What was refused may be about anything, documents among it.
        return [digest for digest in leaf.subjects if digest in self._frozen]

    def entries(self, member: Member) -> list[int]:
        """Return the entries about a record, in their order."""
        subjects = [*self.documents(member), *([f"job:{member.name}"] if member.name in self._jobs else [])]
        found = {seq for subject in subjects for seq in self._about.get(subject, ())}
        return sorted(found | {member.entry})

    def signed(self, member: Member) -> set[int]:
        """Return the entries among those given whose signed statement is about the record's own documents."""
        own = set(self.documents(member))
        return {
            seq
            for seq in self.entries(member)[:MOST]
            if self._leaves[seq].event == DOCUMENT_SIGNED and own & set(self._leaves[seq].subjects)
        }

    def problems(self, number: int, member: Member, said: Record, content: Mapping[str, bytes]) -> Iterator[str]:
        """Yield what is missing, added or changed in the folder of a record, and what the index says otherwise."""
        where = folder(number)
        inside = {
            name.removeprefix(f"{where}/"): data for name, data in content.items() if name.startswith(f"{where}/")
        }
        entries = self.entries(member)
        try:
            given = [one["index"] for one in canonical.loads(inside["leaves.json"])["leaves"]]
        except (KeyError, TypeError, NotCanonical) as error:
            yield f"{where}: its entries cannot be read ({error})"
            return
        if given != entries[:MOST]:
            odd = sorted(set(given) ^ set(entries[:MOST])) or given
            yield f"{where}: entry {odd[0]} about the record is missing, added or moved"
        read, wrong = self._documents(member, where, inside)
        yield from wrong
        yield from self._signatures(member, where, inside)
        yield from self._files(member, said, where, inside, read)
        expected = {
            "folder": where,
            "name": member.name,
            "stratum": member.stratum,
            "entry": member.entry,
            "ticket": ticket(self._recipe.seed, member.name),
            "documents": {digest: envelope.kind for digest, envelope in sorted(read.items())},
            "entries": len(given),
            "entries_left_out": max(0, len(entries) - MOST),
        }
        if len(given) == MOST and not self._complete:
            del expected["entries_left_out"]
        for name, value in expected.items():
            if getattr(said, name) != value:
                yield f"{where}: the index gives {name} as {str(getattr(said, name))[:200]!r}, expected {value!r}"
        known = {*(f"files/{one.sha256[7:]}" for one in said.files if not one.left_out), "leaves.json"}
        for name in sorted(inside.keys() - known):
            if not name.startswith(("documents/", "signatures/")):
                yield f"{where}: {name} is no part of the record"

    def _documents(
        self, member: Member, where: str, inside: Mapping[str, bytes]
    ) -> tuple[dict[str, Envelope], list[str]]:
        """Return the documents that the record is made of, with all that they rest on, and what is wrong with them."""
        given = {f"sha256:{name[10:-5]}": data for name, data in inside.items() if name.startswith("documents/")}
        read, wrong, frontier = dict[str, Envelope](), list[str](), set(self.documents(member))
        reached = set[str]()
        while frontier:
            reached |= frontier
            named: set[str] = set()
            for digest in sorted(frontier):
                data = given.get(digest)
                if data is None or canonical.sha256(data) != digest:
                    wrong.append(f"{where}: the document {digest} is missing or altered")
                    continue
                read[digest] = Envelope.from_bytes(data)
                named |= {link.digest for link in read[digest].references}
            frontier = named - reached
        if added := sorted(set(given) - reached):
            wrong.append(f"{where}: the document {added[0]} is no part of the record")
        return read, wrong

    def _files(
        self,
        member: Member,
        said: Record,
        where: str,
        inside: Mapping[str, bytes],
        read: Mapping[str, Envelope],
    ) -> Iterator[str]:
        """Yield what is wrong with the files that the record's own documents name: each is there, or said to be not."""
        own = [read[digest] for digest in self.documents(member) if digest in read]
        named = [(one.path, one.sha256, one.size) for envelope in own for one in files_named(envelope.body)]
        listed = [(one.path, one.sha256, one.size) for one in said.files]
        if listed != named:
            odd = next(iter([*(set(named) ^ set(listed)), *named, *listed]))
            yield f"{where}: the file {odd[0]} is listed otherwise than the record’s documents name it"
        there = {name for name in inside if name.startswith("files/")}
        for one in said.files:
            name = f"files/{one.sha256[7:]}"
            if one.left_out not in WHY or (one.left_out == TOO_LARGE) != (one.size > LARGEST and bool(one.left_out)):
                yield f"{where}: the file {one.path} is left out because {one.left_out[:200]!r}, which is no reason"
            if not one.left_out and name not in there:
                yield f"{where}: the file {one.path} is missing"
            if name in inside and canonical.sha256(inside[name]) != one.sha256:
                yield f"{where}: the file {one.path} has another digest than its name says"

    def _signatures(self, member: Member, where: str, inside: Mapping[str, bytes]) -> Iterator[str]:
        """Yield what is wrong with the signed statements: one for each sign-off of the record's own documents."""
        wanted = self.signed(member)
        for seq in sorted(wanted):
            if f"signatures/{seq}.json" not in inside:
                yield f"{where}: the statement signed in entry {seq} is missing"
        for name, data in inside.items():
            if name.startswith("signatures/"):
                yield from self._statement(where, name, data, wanted)

    def _statement(self, where: str, name: str, data: bytes, wanted: set[int]) -> Iterator[str]:
        place = name.removeprefix("signatures/").removesuffix(".json")
        seq = int(place) if place.isascii() and place.isdigit() and name == f"signatures/{int(place)}.json" else None
        try:
            if seq not in wanted or canonical.sha256(payload(data)) != self._leaves[seq].data.get("statement"):
                yield f"{where}: {name} is not the statement that the ledger records"
        except (SignatureError, NotCanonical) as error:
            yield f"{where}: {name} is no signed statement ({error})"


def left_out(files: Iterable[Held]) -> int:
    """Return how many files are left out for a reason that is the server's word."""
    return sum(one.left_out not in ("", TOO_LARGE, TOO_MUCH) for one in files)


def entries_in(content: Mapping[str, bytes], records: Sequence[Record]) -> Iterator[Mapping[str, Any]]:
    """Yield the ledger entries in the folders of records. Raises ValueError: a list of them is none."""
    for number, _ in enumerate(records, start=1):
        name = f"{folder(number)}/leaves.json"
        try:
            yield from canonical.loads(content[name])["leaves"]
        except (KeyError, TypeError, NotCanonical) as error:
            raise ValueError(f"{name} cannot be read ({error})") from error
