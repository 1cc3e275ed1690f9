"""`countersign register`: every run, attempt, release and refused act; from the server, or off line from the leaves."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client import output
from client.api import connect
from client.failure import FAILED, OK, USAGE, Failure

if TYPE_CHECKING:
    from governance.proof.formats.leaf import Leaf

TABLES = ("runs", "releases", "refused")


def run(
    *, leaves: Path | None, table: str, target: Path | None, expect: str | None, as_json: bool, **asked: Any
) -> int:
    """Print or write a table of the register; with `expect` return FAILED when its digest is another."""
    if table not in TABLES:
        raise Failure(USAGE, f"found the table {table!r}, expected one of {', '.join(TABLES)}")
    found = _asked(**asked) if leaves is None else _made(leaves, **asked)
    if as_json:
        output.say_json(found)
    elif target is not None:
        try:
            target.write_text(_csv(found[table]["columns"], found[table]["rows"]), encoding="utf-8")
        except OSError as error:
            raise Failure(FAILED, f"{target} cannot be written ({error.strerror})") from None
        output.say(f"{target}: {len(found[table]['rows'])} rows")
    else:
        output.table(found[table]["columns"], found[table]["rows"])
    if not as_json:
        counted = ", ".join(f"{number} {what}" for what, number in found["counts"].items())
        output.say(f"entries {found['first']} to {found['stop'] - 1}: {counted}", err=True)
        output.say(f"digest {found['digest']}", err=True)
    if expect is not None and expect != found["digest"]:
        output.say(f"the digest is not the expected {expect}", colour="red", err=True)
        return FAILED
    return OK


def _asked(*, project: str | None, since: str | None, until: str | None, kinds: Sequence[str]) -> dict[str, Any]:
    if kinds:
        raise Failure(USAGE, "--release-kind goes with --leaves: the server knows which kinds are releases")
    with connect() as api:
        found: dict[str, Any] = api.get("register", project=project, since=since, until=until)
    return found


def _made(
    leaves: Path, *, project: str | None, since: str | None, until: str | None, kinds: Sequence[str]
) -> dict[str, Any]:
    """Return the register made from a complete list of leaves, one a line: no server, no account."""
    from datetime import datetime

    from governance.proof.formats.fields import moment
    from governance.proof.history import register

    read = read_leaves(leaves)

    def place(text: str | None, default: int) -> int:
        if text is None:
            return default
        try:
            time = datetime.fromisoformat(text)
        except ValueError:
            raise Failure(USAGE, f"found {text!r}, expected a time such as 2026-11-01T00:00:00Z") from None
        if time.tzinfo is None:
            raise Failure(USAGE, f"found {text!r} without a time zone, expected one, such as Z")
        return next((n for n, leaf in enumerate(read) if moment(leaf.time) >= time), len(read))

    first, stop = place(since, 0), place(until, len(read))
    try:
        made = register.make(
            read[first:stop], first=first, stop=stop, project=project, kinds=kinds or RELEASES, before=read[:first]
        )
    except register.GapError as error:
        raise Failure(FAILED, f"{leaves}: {error}") from None
    tables = {
        "runs": (register.RUN_COLUMNS, made.runs),
        "releases": (register.RELEASE_COLUMNS, made.releases),
        "refused": (register.REFUSAL_COLUMNS, made.refused),
    }
    return {
        "project": made.project,
        "first": made.first,
        "stop": made.stop,
        "kinds": list(made.kinds),
        "counts": made.counts,
        "digest": made.digest,
        **{
            name: {"columns": list(columns), "rows": [list(r) for r in rows]}
            for name, (columns, rows) in tables.items()
        },
    }


def read_leaves(leaves: Path) -> "list[Leaf]":
    """Return the leaves of a list, one a line. Failure names the line that is none."""
    from governance.proof.formats.canonical import NotCanonical
    from governance.proof.formats.leaf import leaves_in

    try:
        with leaves.open("rb") as file:
            return leaves_in(file)
    except NotCanonical as error:
        raise Failure(USAGE, f"{leaves}, {error}") from None
    except OSError as error:
        raise Failure(USAGE, f"{leaves} cannot be read ({error.strerror})") from None


RELEASES = ("training.release",)
"""the kinds that count as releases where nothing else is said"""


def _csv(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(list(columns))
    for row in rows:
        writer.writerow([f"'{cell}" if str(cell)[:1] in ("=", "+", "-", "@") else cell for cell in row])
    return text.getvalue()


def leaves(target: Path, *, as_json: bool) -> int:
    """Write the complete list of leaves to a file."""
    with connect() as api:
        digest = api.download("ledger/leaves", target)
    if as_json:
        output.say_json({"file": str(target), "sha256": digest})
    else:
        output.say(f"{target}: {digest}")
    return OK
