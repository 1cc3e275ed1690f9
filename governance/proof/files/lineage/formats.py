"""The formats, and the files that are attached to a report on a document: one of each that has something to tell."""

from collections.abc import Callable
from dataclasses import dataclass

from governance.proof.files.lineage import attestations, cyclonedx, openlineage, prov
from governance.proof.files.lineage.told import Lineage
from governance.proof.formats.described import Described


@dataclass(frozen=True)
class Format:
    """A format: `write` makes its bytes of a lineage; `about` says what it holds and who reads it.

    `of_models`: it has words for models and releases of them alone.
    """

    name: str
    label: str
    about: str
    ending: str
    media_type: str
    write: Callable[[Lineage], bytes]
    of_models: bool = False

    @property
    def attached(self) -> str:
        """The name of the file in a report."""
        return f"lineage.{self.ending}"

    def tells_of(self, described: Described | None) -> bool:
        """Return whether the format has words for such a document."""
        return not self.of_models or (described is not None and described.what in cyclonedx.MODELS)


FORMATS = {
    one.name: one
    for one in (
        Format(
            "cyclonedx",
            "CycloneDX 1.7 ML-BOM",
            "A model with its card, base model, data, files and licences, for inventories of software.",
            "cdx.json",
            "application/vnd.cyclonedx+json",
            cyclonedx.bill,
            of_models=True,
        ),
        Format(
            "prov",
            "W3C PROV (PROV-JSON)",
            "Documents, runs, sign-offs and people, and what came of what.",
            "prov.json",
            "application/json",
            prov.provenance,
        ),
        Format(
            "openlineage",
            "OpenLineage run events",
            "Starts and ends of runs with what they took and made, one event a line.",
            "openlineage.jsonl",
            "application/jsonl",
            openlineage.run_events,
        ),
        Format(
            "in-toto",
            "Sign-offs as in-toto attestations",
            "The sign-offs as they were signed, one a line.",
            "intoto.jsonl",
            "application/vnd.in-toto.bundle",
            attestations.signoffs,
        ),
        Format(
            "slsa-vsa",
            "SLSA verification summaries",
            "One statement for each permit: that the gate was open for exactly these inputs.",
            "vsa.jsonl",
            "application/jsonl",
            attestations.summaries,
        ),
    )
}
ATTACHED = {one.attached: one for one in FORMATS.values()}
"""the formats by the names of their files in a report"""


def files(told: Lineage) -> dict[str, bytes]:
    """Return the files to attach, by name, those left out that have nothing to tell.

    Raises:
        Untold, ValueError, KeyError, AttributeError: a document's body is not as its kind has it.
    """
    made = {one.attached: one.write(told) for one in FORMATS.values() if one.tells_of(told.subject.described)}
    return {name: content for name, content in made.items() if content}
