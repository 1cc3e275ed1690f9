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


inventory_app = typer.Typer(
    help="Inventories of serving, cloud and scheduler, held against what is known here.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@inventory_app.command("bring")
def bring(
    file: Annotated[Path, typer.Argument(help="CSV or JSON.")],
    title: Annotated[str, typer.Option(help="What to call it.")],
    source: Annotated[str, typer.Option(help="serving, cloud or scheduler.")],
    system: Annotated[str, typer.Option(help="Which system gave it.")],
    since: Annotated[str, typer.Option("--from", help="First day it tells of.")],
    until: Annotated[str, typer.Option("--until", help="Last day.")],
    project: Annotated[str, typer.Option(help="Short name of a project; without: the organisation.")] = "",
    environments: Annotated[str, typer.Option(help="Those it tells of, with commas between.")] = "",
    preset: Annotated[str, typer.Option(help="plain, kubernetes, sacct or aws-billing.")] = "plain",
    columns: Annotated[str, typer.Option(help="JSON of ours to theirs, in place of the preset.")] = "",
    as_json: Json = False,
) -> None:
    """Bring a list: it is read whole, or refused with line and reason."""
    from client import inventories as command

    form = "json" if file.suffix.lower() == ".json" else "csv"
    given = {"title": title, "source": source, "system": system, "covers_from": since, "covers_until": until}
    given |= {"project": project, "environments": environments, "preset": preset, "columns": columns, "format": form}
    end(lambda: command.bring(file, as_json=as_json, **given), as_json)


@inventory_app.command("reconcile")
def reconcile(
    inventory: Annotated[str, typer.Argument(help="Digest, beginning of a digest, or title of an inventory.")],
    outcome: Annotated[str | None, typer.Option(help='Only these, such as "unknown here".')] = None,
    fail_on_difference: Annotated[
        bool, typer.Option("--fail-on-difference", help="Exit with 1 where something does not agree.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print what was seen there and is unknown here, and the reverse."""
    from client import inventories as command

    end(
        lambda: command.reconcile(inventory, outcome=outcome, fail_on_difference=fail_on_difference, as_json=as_json),
        as_json,
    )
