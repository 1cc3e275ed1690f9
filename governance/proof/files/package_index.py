"""The index of an auditor's package: the reports sealed in a period, and what has none, as data and as a page."""

import html

from governance.proof.files.proved_zip import AROUND, CHECKPOINT, CONSISTENCY, KEYRINGS, PERIOD
from governance.proof.files.zip_index import ZipIndex, cells, page, row
from governance.proof.formats.canonical import Digest
from governance.proof.formats.fields import Count, Strict, Time, Uuid, moment
from governance.proof.words.printed import plural, second
from governance.proof.words.vocabulary import Scope

INDEX, PAGE, READ_ME = "index.json", "index.html", "README.txt"
KEPT_BACK = "it prints cases that are kept from some"
BESIDE = frozenset({PAGE, READ_ME, PERIOD, AROUND, CHECKPOINT, KEYRINGS, CONSISTENCY})
"""every file but the index itself and the reports"""
READ_ME_TEXT = """AUDITOR'S PACKAGE

index.html        what is in here, and what has no report: open it in a browser
index.json        the same for machines
reports/          the sealed files, as they were taken away by others
period.json       every ledger entry of the period, with the proof that none is missing (countersign: range proof);
                  each "report:file:sealed" of the project that index.json names, or of all, has its line there
around.json       the entries next to the period, which show where it begins and ends
consistency.json  that the ledger goes on from the one that each report tells of
checkpoint        the ledger's state, signed by the log
keyrings.jsonl    all versions of the organisation's keys

Check all of it:  countersign verify --root FINGERPRINT PACKAGE.zip
Check a report:   countersign verify --root FINGERPRINT reports/NAME.pdf
Get the fingerprint from the organisation by another way than this package.
"""


class Listed(Strict):
    """A report that was sealed in the period: what the ledger's entry says of it, and where it is in the package.

    `file` is empty where it is not in there; `left_out` says why.
    """

    report: Uuid
    kind: str
    called: str
    about: str
    ledger_size: Count
    sealed_in: Count
    sealed_at: Time
    sha256: Digest
    size: Count
    file: str
    left_out: str


class Looked(Strict):
    """A kind of documents on which there is to be a report, and the kinds of reports that are one, with their scope."""

    kind: str
    called: str
    reports: dict[str, Scope]


class Unreported(Strict):
    """A document of such a kind that was frozen in the period, and that no report in the package is on."""

    digest: Digest
    kind: str
    called: str
    about: str
    frozen_in: Count
    frozen_at: Time


class Index(ZipIndex):
    """Canonical JSON in `index.json`. `parameters` are the days that were asked for, `period` the same in words.

    `entries` is how many the period has, `hidden` how many of these are hashes only, as they belong to other projects.
    `looked_for` are the kinds of documents that are to have a report; `looked_at` is how many there are, `unreported`
    those that have none (`proof.history.unreported`).
    """

    OF = "package"
    period: str
    ledger_size: Count
    entries: Count
    hidden: Count
    reports: list[Listed]
    looked_for: list[Looked]
    looked_at: Count
    unreported: list[Unreported]

    @property
    def wanted(self) -> dict[str, dict[str, Scope]]:
        """The kinds of reports that are one on a document, by the kind of the document."""
        return {one.kind: one.reports for one in self.looked_for}

    def page(self) -> bytes:
        """Return the index as a page that needs nothing else."""
        reports = []
        for one in self.reports:
            name = html.escape(f"{one.called}: {one.about}")
            why = html.escape(f" ({one.left_out})")
            link = f'<a href="{html.escape(one.file)}">{name}</a>' if one.file else f"{name}{why}"
            facts = cells(one.ledger_size, second(moment(one.sealed_at)), one.sealed_in, one.sha256)
            reports.append(f'<tr><th scope="row">{link}</th>{facts}</tr>')
        ledger = f"{self.entries} entries, {self.hidden} of them as hashes; as of {self.ledger_size}"
        lacking = f"{len(self.unreported)} of {plural(self.looked_at, 'document', 'documents')}"
        facts = "".join(
            row(*pair)
            for pair in (
                ("About", self.about),
                ("Period", self.period),
                ("Reports", len(reports)),
                ("Without a report", lacking),
                ("Ledger", ledger),
            )
        )
        head = row("Report", "As of entries", "Sealed (UTC)", "In entry", "SHA-256", tag="th")
        return page(
            "Auditor’s package",
            f"<table>{facts}</table>{self._lacking()}<h2>Reports sealed in the period</h2><p>Each with the SHA-256 "
            f"that the ledger holds. README.txt says how to check them.</p><table>{head}{''.join(reports)}</table>",
        )

    def _lacking(self) -> str:
        """Return what the page says of documents without a report, in HTML: it comes first."""
        kinds = html.escape(", ".join(one.called for one in self.looked_for)) or "nothing"
        if not self.unreported:
            told = "Each that was frozen in the period has a report in here" if self.looked_at else "None was frozen"
            return f"<h2>Without a report</h2><p>Looked for: {kinds}. {told}.</p>"
        head = row("Document", "Frozen (UTC)", "In entry", "SHA-256", tag="th")
        lacking = "".join(
            row(f"{one.called}: {one.about}", second(moment(one.frozen_at)), one.frozen_in, one.digest)
            for one in self.unreported
        )
        return (
            "<h2>Without a report</h2><p><strong>No report in this package is on these documents</strong>, which were "
            f"frozen in the period: none was sealed in it. Looked for: {kinds}. Ask for a report on the page of each, "
            f"and then for the package again.</p><table>{head}{lacking}</table>"
        )
