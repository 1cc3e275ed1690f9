"""What was gathered, as the rules of a dossier's own sections ask for it: the same that whoever verifies expects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from governance.proof.answers.standing_words import status
from governance.proof.checks.facts import Signed
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.permit import Permit
from governance.reports.gathered import Gathered, Paper


@dataclass(frozen=True)
class Acted:
    """What entries, signatures and permits tell; see `proof.sections.held.Acts`."""

    found: Gathered

    @cached_property
    def documents(self) -> Mapping[str, Envelope]:
        """The documents, by digest."""
        return {digest: paper.envelope for digest, paper in self.found.papers.items()}

    @cached_property
    def printed(self) -> Sequence[str]:
        """Those that are printed one by one, in order."""
        return [paper.digest for paper in self.found.lineage]

    @cached_property
    def signed(self) -> Sequence[Signed]:
        """The sign-offs, in ledger order."""
        return [Signed(one.envelope, one.statement, one.leaf) for one in self.found.signoffs]

    @cached_property
    def ordered(self) -> Sequence[Leaf]:
        """The entries, in ledger order."""
        return [leaf for _, leaf in sorted(self.found.leaves.items())]

    @cached_property
    def frozen(self) -> Mapping[str, Leaf]:
        """The entry that records the freezing of each document, by digest."""
        return {digest: paper.leaf for digest, paper in self.found.papers.items()}

    @cached_property
    def permits(self) -> Sequence[tuple[str, Permit]]:
        """The permits, each with the digest of its envelope."""
        return [(one.digest, one.permit) for run in self.found.runs for one in run.permits]

    def private(self, leaf: Leaf, /) -> Mapping[str, Any]:
        """Return what an entry committed to."""
        return self.found.private(leaf)

    def who(self, actor: str, /) -> str:
        """Return the name a person was enrolled under, or the actor as the ledger has it."""
        return self.found.who(actor)

    def title(self, digest: str, /) -> str | None:
        """Return what a document is called."""
        return self.found.papers[digest].title

    def label(self, digest: str, /) -> str | None:
        """Return what its kind is called."""
        return self.found.papers[digest].label

    def of_kind(self, kind: str, /) -> Sequence[str]:
        """Return the printed documents of a kind, the oldest first."""
        found = [paper for paper in self.found.lineage if paper.row.kind == kind]
        return [paper.digest for paper in sorted(found, key=lambda paper: paper.leaf.seq)]


@dataclass(frozen=True)
class Within:
    """A document of what was gathered; see `proof.sections.held.Told`."""

    acts: Acted
    digest: str

    @classmethod
    def of(cls, found: Gathered) -> "Within":
        """Return the subject of a report."""
        return cls(Acted(found), found.report.about)

    @property
    def _paper(self) -> Paper:
        return self.acts.found.papers[self.digest]

    @property
    def body(self) -> Mapping[str, Any]:
        """What it says."""
        return self._paper.body

    @property
    def title(self) -> str:
        """What it is called by its own bytes."""
        return self._paper.title

    @property
    def number(self) -> int:
        """Which version of its series it is, from 1."""
        return self._paper.envelope.number

    @property
    def first(self) -> bool:
        """Whether there is no version before it."""
        return self._paper.envelope.previous is None

    @property
    def roles(self) -> frozenset[str]:
        """The roles in which it names others."""
        return frozenset(link.role for link in self._paper.envelope.references)

    @property
    def status(self) -> str:
        """How it stands, in words."""
        return status(self._paper.standing)

    @property
    def ok(self) -> bool:
        """Whether new acts may rest on it."""
        return self._paper.standing.ok

    def after(self, kind: str) -> Sequence[tuple[str | None, Leaf]]:
        """Return the entries of later documents of a kind that name the subject, with titles, in ledger order."""
        found = self.acts.found
        named = [one for one in found.dependants.named if one.row.kind == kind and one.depth == 1]
        return [(one.title, found.leaves[one.row.seq]) for one in sorted(named, key=lambda one: one.row.seq)]

    def at(self, digest: str) -> "Within":
        """Return another document that was gathered."""
        return Within(self.acts, digest)

    def linked(self, role: str) -> "Within | None":
        """Return the document that it names in a role; None where it names none."""
        return next(iter(self.all_linked(role)), None)

    def all_linked(self, role: str) -> "list[Within]":
        """Return the documents that it names in a role, in the order of its references."""
        links, known = self._paper.envelope.references, self.acts.found.papers
        return [self.at(link.digest) for link in links if link.role == role and link.digest in known]

    def named_by(self, role: str) -> "list[Within]":
        """Return the documents that name it in a role, in ledger order."""
        wanted = [
            paper
            for paper in self.acts.found.papers.values()
            if any((link.role, link.digest) == (role, self.digest) for link in paper.envelope.references)
        ]
        return [self.at(paper.digest) for paper in sorted(wanted, key=lambda paper: paper.leaf.seq)]
