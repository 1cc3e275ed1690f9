"""Which of the documents frozen in a period have no sealed report on them: the rule that both sides share.

An auditor's package holds the reports that somebody asked for. What nobody asked a report on would not be seen in it.
"""

from collections.abc import Iterable, Mapping

from governance.proof.formats.leaf import DOCUMENT_FROZEN, Leaf
from governance.proof.words.vocabulary import Scope


def looked_at(
    frozen: Iterable[Leaf], reported: Iterable[Leaf], wanted: Mapping[str, Mapping[str, Scope]]
) -> list[tuple[Leaf, bool]]:
    """Return the entries by which documents of the kinds `wanted` were frozen, and whether a report is on each.

    `wanted` names the kinds of reports that are one, for each kind of documents; `reported` are the entries of the
    reports' sealing. Where a report tells of the whole series, one on any version does, and the newest version alone is
    to have one.
    """
    on = {(str(leaf.data.get("kind")), subject) for leaf in reported for subject in leaf.subjects}
    made: dict[tuple[str, str], list[Leaf]] = {}
    for leaf in sorted(frozen, key=lambda leaf: leaf.seq):
        kind = str(leaf.data.get("kind"))
        if leaf.event == DOCUMENT_FROZEN and kind in wanted and len(leaf.subjects) == 1:
            made.setdefault((kind, str(leaf.data.get("series"))), []).append(leaf)
    found: list[tuple[Leaf, bool]] = []
    for (kind, _), versions in made.items():
        whole = {report for report, scope in wanted[kind].items() if scope == "series"}
        told = any((report, leaf.subjects[0]) in on for report in whole for leaf in versions)
        found += [
            (leaf, told or any((report, leaf.subjects[0]) in on for report in wanted[kind]))
            for leaf in (versions[-1:] if whole else versions)
        ]
    return sorted(found, key=lambda one: one[0].seq)
