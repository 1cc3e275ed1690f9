"""Which services were said to serve a release, and what each says now: still this one, a later one, or an older one."""

from dataclasses import dataclass
from uuid import UUID

from governance.models import Document, Reference
from governance.selectors import documents as docs
from governance.selectors import told
from training.bodies.continuity import DEPLOYMENT, DeploymentBody


@dataclass(frozen=True)
class Served:
    """A deployment that named a release: the version that did last, and the newest version there was by then."""

    document: Document
    newest: Document
    release: Document
    now: Document | None
    """the release that the newest version names"""

    @property
    def body(self) -> DeploymentBody:
        """What the version that named the release says."""
        found: DeploymentBody = docs.model_body(self.document, DeploymentBody)
        return found

    @property
    def still(self) -> bool:
        """Whether the newest version names the release."""
        return self.now == self.release

    @property
    def words(self) -> str:
        """What became of it, for a list of those that serve the release no more."""
        if self.now is None:
            return "names no release any more"
        way = "rolled back to" if self.now.seq < self.release.seq else "went on to"
        return f"{way} {self.now}"


def of(release: Document, ledger_size: int) -> list[Served]:
    """Return the deployments of its project that ever named a release, as the ledger had them, the oldest first."""
    rows = Reference.objects.filter(target=release, role="release", source__kind=DEPLOYMENT)
    rows = rows.filter(source__seq__lt=ledger_size, source__project=release.project)
    named = [row.source for row in rows.select_related("source__project", "source__series")]
    unknown = {one.digest for one in told.unrecorded(named)}
    last: dict[UUID, Document] = {}
    for document in sorted(named, key=lambda one: one.number):
        if document.digest not in unknown and docs.linked_one(document, "release") == release:
            last[document.series_id] = document
    versions = Document.objects.filter(series__in=list(last), seq__lt=ledger_size).select_related("project", "series")
    newest = {one.series_id: one for one in sorted(versions, key=lambda one: one.number)}
    links = docs.linked_in_all(newest.values(), ("release",))
    found = [
        Served(document, newest[series], release, links[newest[series].digest]["release"])
        for series, document in last.items()
    ]
    return sorted(found, key=lambda one: one.document.seq)
