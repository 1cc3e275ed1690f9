"""The commands of auditors that stand at the top: `countersign register`."""

from pathlib import Path
from typing import Annotated

import typer

from client.ending import end

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def register(
    project: Annotated[
        str | None, typer.Option(help="Short name of a project; with --leaves its identifier. Without: of all.")
    ] = None,
    since: Annotated[str | None, typer.Option(help="Such as 2026-11-01T00:00:00Z; without: the beginning.")] = None,
    until: Annotated[str | None, typer.Option(help="The first moment that is out again.")] = None,
    table: Annotated[str, typer.Option(help="runs, releases or refused.")] = "runs",
    leaves: Annotated[
        Path | None, typer.Option(help="Make it off line from this list of leaves (GET /api/v1/ledger/leaves).")
    ] = None,
    release_kind: Annotated[
        list[str] | None, typer.Option(help="With --leaves: a kind that counts as a release; may be given again.")
    ] = None,
    expect: Annotated[str | None, typer.Option(help="Exit with 1 unless the register has this digest.")] = None,
    target: Annotated[Path | None, typer.Option("-o", "--output", help="CSV file to write.")] = None,
    as_json: Json = False,
) -> None:
    """List every run, attempt, release and refused act of a period, numbered in the ledger's order."""
    from client import register as command

    asked = {"project": project, "since": since, "until": until, "kinds": release_kind or []}
    end(
        lambda: command.run(leaves=leaves, table=table, target=target, expect=expect, as_json=as_json, **asked), as_json
    )


def leaves(
    target: Annotated[Path, typer.Option("-o", "--output", help="File to write.")],
    as_json: Json = False,
) -> None:
    """Download the complete list of the ledger's leaves, one a line: whoever may read the whole ledger can."""
    from client import register as command

    end(lambda: command.leaves(target, as_json=as_json), as_json)
