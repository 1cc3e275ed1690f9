"""The table of a ledger extract: what is said of an entry, and which entries of the period are listed."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from governance.proof.checks.facts import Facts
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.proof.pages.compare import Comparison, Made
from governance.proof.reading.text import Element
from governance.proof.words.printed import count, second, short
from governance.proof.words.vocabulary import ROLES, acts, events, kinds, purposes

KIND = "ledger-extract"
HEAD = ["Entry", "Time (UTC)", "What", "By", "About"]
TITLE = "The entries"
LONGEST = 400
_LONG = re.compile(r"(?:sha256:)?[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f-]{27}")


def about(leaf: Leaf, names: Mapping[str, str], private: Mapping[str, object]) -> str:
    """Return what an entry is about, in short: long digests and identifiers are cut, people and moments named."""
    subjects = [_cut(names, subject) for subject in leaf.subjects]
    named = {part for subject in leaf.subjects for part in (subject, subject.partition(":")[2])}
    data = [
        f"{name.replace('_', ' ')} {_in_words(name, value) or _cut(names, str(value))}"
        for name, value in _plain(leaf.data)
        if value not in named
    ]
    said = [f"{name.replace('_', ' ')} “{value}”" for name, value in _plain(private)]
    told = ", ".join([*subjects, *data, *said])
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"


def entries(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare the entries listed: all of the period that match what was asked for, in order, none else."""
    period, asked = facts.evidence.period, facts.evidence.report.parameters
    span = range(period.first, period.first + len(period.leaves)) if period is not None else range(0)
    listed = [facts.leaves[seq] for seq in span if seq in facts.leaves and _matches(facts, asked, facts.leaves[seq])]

    def row(leaf: Leaf) -> list[str]:
        told = about(leaf, facts.names, facts.private(leaf))
        what = events().get(leaf.event, leaf.event)
        return [count(leaf.seq), second(moment(leaf.time)), what, facts.who(leaf.actor), told]

    found.table(section, HEAD, Made(listed, row), "the table of entries")


def _matches(facts: Facts, asked: Mapping[str, object], leaf: Leaf) -> bool:
    if not leaf.event.startswith(str(asked.get("event") or "")):
        return False
    wanted = str(asked.get("actor") or "").casefold()
    return not wanted or leaf.actor.casefold() == wanted or facts.who(leaf.actor).casefold().startswith(wanted)


def _plain(data: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in sorted(data.items()):  # a database keeps another order than canonical JSON
        if isinstance(value, str | int) and value != "":
            yield name, value


def _in_words(name: str, value: object) -> str | None:
    """Return how people read a member of an entry whose values are names of ours; None: it is read as it stands."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "kind" and (kind := kinds().get(str(value))):
        return kind.label
    known = {"role": ROLES, "action": acts(), "purpose": purposes()}.get(name, {})
    return known.get(str(value))


def _cut(names: Mapping[str, str], text: str) -> str:
    person = text.removeprefix("user:")
    if person in names:
        return names[person]
    if text.endswith("Z"):
        with suppress(ValueError):  # a word
            return f"{second(moment(text))} UTC"
    return _LONG.sub(lambda hit: short(hit[0]), text)
