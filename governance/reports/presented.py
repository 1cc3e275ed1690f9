"""What a signer was shown, in the order and words of the page, from the very bytes whose digest the statement names.

The parts are those that `selectors.presentation` describes. A name in the page's own words is the name here; nothing
that was shown is left out.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from governance import access
from governance.proof.formats.fields import moment
from governance.proof.sections.blocks import Block, Column, DataTable, Fact, FactsTable, Heading, Paragraph
from governance.readable import file_size
from governance.reports import words

INTRO = "This is what the page showed when it was signed; the digest of its content stands in the signed statement."


def request_shown(shown: Mapping[str, Any]) -> Iterator[Block]:
    """Yield what the page said of the request as a whole."""
    documents, policy = shown["documents"], shown["policy"]
    together = " together" if len(documents) > 1 else ""
    yield Paragraph(INTRO)
    yield Heading(f"{words.plural(len(documents), 'document', 'documents')} to sign{together}")
    yield FactsTable(
        (
            Fact("Asked by", shown["asked_by"]["name"]),
            Fact("Asked at", moment(shown["asked_at"])),
            Fact("Open until", _when(shown["closes"], "no day is set")),
            Fact("Under", f"{policy['title']} v{policy['number']}" if policy else "the founding rule"),
            Fact("In", shown["project"]["name"] if shown["project"] else "the organisation’s shelf"),
            Fact("Request", shown["request"], code=True),
        )
    )
    if others := [one for one in documents if not one["asked"]]:
        yield Heading("Signed by others")
        rows = tuple((one["label"], _named(one), one["standing"], one["digest"]) for one in others)
        yield DataTable("No signature in this role was asked for these.", (*KIND_AND_TITLE, *STANDING), rows)
    if shown["rests_on"]:
        yield Heading("What they rest on")
        yield _rests_on(shown["rests_on"])
    yield Heading("Sign")
    yield FactsTable(tuple(_sign(shown)))
    if shown["signatures"]:
        yield Heading("Signatures given before")
        yield _signatures(shown["signatures"])
    if shown["earlier"]:
        yield Heading("Signatures of others that one could rely on")
        columns = (
            Column("Name", 20),
            Column("Role", 18),
            Column("Signed (UTC)", 20),
            Column("Statement", 42, code=True),
        )
        rows = tuple(
            (one["name"], access.label(one["role"]), moment(one["at"]), one["statement"]) for one in shown["earlier"]
        )
        yield DataTable("On these documents, or on what they refer to.", columns, rows)


KIND_AND_TITLE = (Column("Kind", 16), Column("Document", 28))
STANDING = (Column("Standing", 18), Column("Digest", 38, code=True))


def document_shown(told: Mapping[str, Any]) -> Iterator[Block]:
    """Yield what the page said of one document before its content."""
    people = ", ".join(person["name"] or person["id"] for person in told["written_by"])
    yield FactsTable(
        (
            Fact("Version", str(told["number"])),
            Fact("Standing", told["standing"] + (f": {told['why']}" if told["why"] else "")),
            Fact("Written by", people or "nobody"),
            *([Fact("In force since", moment(told["since"]))] if told["since"] else []),
            *([Fact("Until", moment(told["until"]))] if told["until"] else []),
            *([Fact("Lapses", moment(told["lapses"]))] if told["lapses"] else []),
            *(Fact(warning["label"], warning["text"]) for warning in told["warnings"]),
            *(Fact(one["label"], one["text"]) for one in told.get("tells", ())),
        )
    )
    yield Heading("What changed")
    yield from _changes(told)


def beside_shown(told: Mapping[str, Any]) -> Iterator[Block]:
    """Yield what the page said of one document after its content."""
    if told["attachments"]:
        yield Heading("Files that lie with it")
        columns = (Column("Type", 16), Column("Size", 12, "right"), Column("SHA-256", 72, code=True))
        rows = tuple((one["type"], file_size(one["size"]), one["file"]) for one in told["attachments"])
        yield DataTable("Named by digest: their names can be erased.", columns, rows)
    if told["sample"]:
        yield Heading("Cases to review")
        yield _sample(told["sample"])
    if told["comments"]:
        yield Heading("Comments and questions")
        yield _comments(told["comments"])


def _changes(told: Mapping[str, Any]) -> Iterator[Block]:
    compared = told["compared"]
    if compared is None:
        yield Paragraph("This is the first version: there is nothing to compare it with.")
        return
    which = (
        "the last one that was agreed" if compared["agreed"] else "the one before (no earlier version was ever agreed)"
    )
    yield Paragraph(f"Compared with version {compared['number']}, {which}.")
    yield FactsTable((Fact("Its digest", compared["digest"], code=True),))
    same = []
    for section in told["sections"]:
        if not section["changes"]:
            same.append(section)
            continue
        rows = tuple(
            (
                f"{change['where']} ({change['what']})",
                "not there" if change["before"] is None else change["before"],
                "removed" if change["after"] is None else change["after"],
            )
            for change in section["changes"]
        )
        back = f", back to what was signed in v{section['signed']['number']}" if section["signed"] else ""
        caption = f"{section['label']}: {words.plural(len(rows), 'change', 'changes')}{back}"
        yield DataTable(caption, (Column("Where", 24), Column("Before", 38), Column("Now", 38)), rows)
    if len(same) == len(told["sections"]):
        yield Paragraph("The content is the same, word for word.")
    if same:
        columns = (Column("Section", 24), Column("Unchanged since", 76))
        unchanged = tuple((section["label"], _since(section["signed"], compared)) for section in same)
        yield DataTable(f"{words.plural(len(same), 'section', 'sections')} unchanged", columns, unchanged)


def _since(signed: Mapping[str, Any] | None, compared: Mapping[str, Any]) -> str:
    if signed is None:
        return f"as in version {compared['number']}, which nobody signed"
    by = f" by {', '.join(signed['by'])}" if signed["by"] else ""
    at = f" on {words.moment(moment(signed['at']))}" if signed["at"] else ""
    return f"it was signed{at} (v{signed['number']}){by}"


def _rests_on(found: list[Mapping[str, Any]]) -> DataTable:
    rows = tuple((one["label"], _named(one), _lasting(one), one["digest"]) for one in found)
    return DataTable("What is in force there need not be signed again.", (*KIND_AND_TITLE, *STANDING), rows)


def _lasting(one: Mapping[str, Any]) -> str:
    dates = [f"{name} {words.moment(moment(one[name]))}" for name in ("since", "until") if one[name]]
    return ", ".join([one["standing"], *dates])


def _sign(shown: Mapping[str, Any]) -> Iterator[Fact]:
    needed = ", ".join(
        f"{one['count']} × {' or '.join(access.label(role) for role in one['roles'])}" for one in shown["missing"]
    )
    yield Fact("Still needed", needed or "no further signature")
    yield Fact("Shown to", shown["signer"]["name"])
    if shown["role"]:
        covers = f"; a signature covers {shown['covers']}" if shown["covers"] else ""
        yield Fact("You sign as", f"{access.label(shown['role'])}{covers}")
    for meaning in shown["meanings"]:
        yield Fact("Meaning, as offered", meaning)


def _signatures(found: list[Mapping[str, Any]]) -> DataTable:
    columns = (Column("Signed by", 26), Column("Meaning and reason", 40), Column("At (UTC)", 18), Column("Method", 16))
    return DataTable("On this request, the oldest first.", columns, tuple(_signature(one) for one in found))


def _signature(one: Mapping[str, Any]) -> tuple[Any, ...]:
    who = one["signer"]["name"]
    if "role" not in one:
        return who, "does not verify", "", ""
    behalf = f", for {one['on_behalf_of']['name']}" if one["on_behalf_of"] else ""
    told = [one["meaning"], one["reason"]]
    told += [f"Covers {one['covers']}."] if one["covers"] else []
    told += [f"On condition: {c['text']} ({'met' if c['met'] else 'open'})." for c in one["conditions"]]
    told += [f"Disagreed with {one['disagreements']} of the cases reviewed."] if one["disagreements"] else []
    told += [] if one["counts"] else ["It does not count."]
    return f"{who}{behalf}, {access.label(one['role'])}", " ".join(told), moment(one["at"]), one["method"]


def _sample(sample: Mapping[str, Any]) -> Block:
    if "withheld" in sample:
        return Paragraph(f"The policy asks for a review of cases, and {sample['withheld']}. A colleague must sign.")
    rows = tuple((number, case) for number, case in enumerate(sample["cases"], start=1))
    caption = f"{words.plural(len(rows), 'case', 'cases')}, drawn for this signer alone by seed {sample['seed']}."
    return DataTable(caption, (Column("No.", 8, "right"), Column("Case", 92, code=True)), rows)


def _comments(threads: list[Mapping[str, Any]]) -> DataTable:
    rows = []
    for thread in threads:
        for number, one in enumerate([thread, *thread["answers"]]):
            kind = f"{one['kind']}, open" if number == 0 and thread["open"] else one["kind"]
            rows.append((one["place"].replace("_", " ") or "whole document", kind, moment(one["at"]), one["words"]))
    columns = (Column("On", 20), Column("What", 16), Column("Written (UTC)", 20), Column("Commitment", 44, code=True))
    return DataTable("The words lie beside the ledger, under these commitments.", columns, tuple(rows))


def _named(one: Mapping[str, Any]) -> str:
    return f"{one['title']} v{one['number']}"


def _when(text: str | None, otherwise: str) -> Any:
    return moment(text) if text else otherwise
