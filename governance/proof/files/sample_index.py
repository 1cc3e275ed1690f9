"""The index of an audit sample: what was drawn of what, as data and as the page that follows from it."""

import html
from collections import Counter
from collections.abc import Sequence

from governance.proof.files.proved_zip import AROUND, CHECKPOINT, CONSISTENCY, KEYRINGS, PERIOD
from governance.proof.files.zip_index import ZipIndex, cells, page, row
from governance.proof.formats import canonical
from governance.proof.formats.canonical import Digest
from governance.proof.formats.fields import Count, Strict
from governance.proof.history import sampling
from governance.proof.history.sampling import Member, Recipe

KIND = "audit-sample"
INDEX, PAGE = "sample.json", "index.html"
BESIDE = frozenset({PAGE, PERIOD, AROUND, CHECKPOINT, KEYRINGS, CONSISTENCY})
"""every file but the index itself and those of records"""
LARGEST = 5 * 1024 * 1024  # bytes of one file of a record
ALL_FILES = 50 * 1024 * 1024  # bytes of all files of records together
KEPT_BACK, GONE = "cases are kept from some", "not in the store any more"
TOO_LARGE, TOO_MUCH = f"larger than {LARGEST} bytes", f"more than {ALL_FILES} bytes in all"
WHY = ("", KEPT_BACK, GONE, TOO_LARGE, TOO_MUCH)
"""why a file is left out; the first: it is there"""


class Stratum(Strict):
    """How many records lie in a stratum, and how many of these were drawn."""

    population: Count
    drawn: Count


class Held(Strict):
    """A file that a record's documents name: in `files/` of its folder, or left out for one of the reasons `WHY`."""

    path: str
    sha256: Digest
    size: Count
    left_out: str


class Record(Strict):
    """A record drawn, and what its folder holds: documents by digest with their kinds, entries, files."""

    folder: str
    name: str
    stratum: str
    entry: Count
    ticket: str
    documents: dict[Digest, str]
    entries: Count
    entries_left_out: Count
    files: list[Held]


class Index(ZipIndex):
    """Canonical JSON in `sample.json`. `parameters` are what was asked; the recipe follows from them and the ledger.

    The ledger's last entry at `recipe.ledger_size` is the request.
    """

    OF = "sample"
    recipe: Recipe
    population: Count
    strata: dict[str, Stratum]
    bound: str
    records: list[Record]

    @property
    def ledger_size(self) -> int:
        """The ledger size of which the sample tells."""
        return self.recipe.ledger_size

    @property
    def asked(self) -> str:
        """The digest of the question, as the ledger's entry of the request has it."""
        about = f"project:{self.project}" if self.project else "organisation"
        return canonical.sha256(canonical.dumps({"kind": KIND, "about": about, "asked": self.parameters}))

    def page(self) -> bytes:
        """Return the index as a page that needs nothing else."""
        how = self.recipe
        seed = "chosen by who asked" if how.chosen else f"the ledger’s root at {how.ledger_size} entries"
        facts = (
            ("About", self.about), ("Population", f"{self.population} {how.population.replace('_', '-')}"),
            ("Entries", f"{how.first} up to and without {how.stop}"), ("Project", how.project or "all"),
            ("Seed", f"{how.seed} ({seed})"), ("Asked in entry", how.ledger_size - 1),
            ("What it can show", self.bound),
        )  # fmt: skip
        strata = [row(name, one.population, one.drawn) for name, one in self.strata.items()]
        records = [
            f'<tr><td><a href="{html.escape(one.folder)}/leaves.json">{html.escape(one.folder[8:])}</a></td>'
            f"{cells(one.entry, one.name, one.stratum, len(one.documents), one.entries)}</tr>"
            for one in self.records
        ]
        return page(
            "Audit sample",
            f"<table>{''.join(row(*pair) for pair in facts)}</table>"
            f"<h2>Strata</h2><table>{row('Stratum', 'Population', 'Drawn', tag='th')}{''.join(strata)}</table>"
            "<h2>Records drawn</h2><table>"
            f"{row('No.', 'Entry', 'Name', 'Stratum', 'Documents', 'Entries', tag='th')}{''.join(records)}</table>"
            "<h2>Draw it again</h2><p>A record’s ticket is SHA-256 of seed, colon and name; in each stratum the "
            "smallest tickets are drawn. Without the server: "
            "<code>countersign verify FILE.zip --root FINGERPRINT</code>. Get the fingerprint from the organisation by "
            "another way than this file.</p>",
        )


def strata(population: Sequence[Member], drawn: Sequence[Member]) -> dict[str, Stratum]:
    """Return how many lie in each stratum, and how many of these were drawn."""
    lie, taken = Counter(one.stratum for one in population), Counter(one.stratum for one in drawn)
    return {name: Stratum(population=lie[name], drawn=taken[name]) for name in sorted(lie)}


def folder(number: int) -> str:
    """Return the folder of the record drawn as `number`, counted from 1."""
    return f"records/{number:03}"


def bound(population: Sequence[Member], drawn: Sequence[Member]) -> str:
    """Return what a sample without a fault would show, in a sentence."""
    return sampling.bound_in_words(len(population), len(drawn))
