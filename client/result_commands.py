"""The commands of `countersign results`."""

from pathlib import Path
from typing import Annotated

import typer

from client.ending import end

app = typer.Typer(
    help="Results of evaluations: what failed, and what becomes of it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Result = Annotated[str, typer.Argument(help="Digest, beginning of a digest, or title of an evaluation result.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@app.command("failures")
def failures(
    result: Result,
    slice_name: Annotated[str | None, typer.Option("--slice", help="Only cases of this slice.")] = None,
    criterion: Annotated[str | None, typer.Option(help="Only answers that missed this criterion.")] = None,
    outcome: Annotated[
        str, typer.Option(help="failing (the three after it), failed, unparsed, missing, passed or any.")
    ] = "failing",
    text: Annotated[str | None, typer.Option(help="Words in question or answer.")] = None,
    pattern: Annotated[str | None, typer.Option(help="A pattern of RE2 in question or answer.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="How many to leave out first.")] = 0,
    counts: Annotated[bool, typer.Option("--counts", help="Count them by slice and criterion instead.")] = False,
    target: Annotated[Path | None, typer.Option("-o", "--output", help="Write all of them, as JSON Lines.")] = None,
    as_json: Json = False,
) -> None:
    """List the answers that failed, with their grades. Only counts are for those the cases are kept from."""
    from client import results as command

    wanted = {"slice": slice_name, "criterion": criterion, "outcome": outcome, "text": text, "pattern": pattern}
    if counts:
        end(lambda: command.counts(result, as_json=as_json), as_json)
    elif target is not None:
        end(lambda: command.failures_file(result, target=target, **wanted), as_json)
    else:
        page = {"limit": limit, "offset": offset}
        end(lambda: command.failures(result, as_json=as_json, **page, **wanted), as_json)
