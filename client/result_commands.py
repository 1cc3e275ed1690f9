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


@app.command("mark")
def mark(
    result: Result,
    case: Annotated[str, typer.Argument(help="Id of the case that failed.")],
    use: Annotated[str, typer.Option(help="case (for a set's next version) or example (for training).")] = "case",
    repeat: Annotated[int, typer.Option(min=1, help="Which of its answers.")] = 1,
    content: Annotated[
        str | None, typer.Option(metavar="FILE", help='What is proposed, as JSON; "-" reads standard input.')
    ] = None,
    note: Annotated[str, typer.Option(help="Why it fails, in your view.")] = "",
    as_json: Json = False,
) -> None:
    """Mark a failure on a development set as a candidate; prints the candidate's identifier."""
    from client import results as command

    def run() -> int:
        return command.mark(result, case, use=use, repeat=repeat, file=content, note=note, as_json=as_json)

    end(run, as_json)


@app.command("candidates")
def candidates(
    project: Annotated[str, typer.Option(help="Short name of a project.")],
    use: Annotated[str, typer.Option(help="For -o: case or example.")] = "example",
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many to leave out first.")] = 0,
    target: Annotated[Path | None, typer.Option("-o", "--output", help="Write them, as JSON Lines.")] = None,
    as_json: Json = False,
) -> None:
    """List what was marked, or write it to a file: cases as they are signed, examples as rows of a dataset."""
    from client import results as command

    if target is not None:
        end(lambda: command.candidates_file(project, use=use, target=target), as_json)
    else:
        end(lambda: command.candidates(project, as_json=as_json, limit=limit, offset=offset), as_json)


@app.command("withdraw")
def withdraw(candidate: Annotated[str, typer.Argument(help="Identifier of a candidate.")]) -> None:
    """Withdraw a candidate. It stays on record."""
    from client import results as command

    end(lambda: command.withdraw(candidate))


@app.command("draft")
def draft(
    evaluation_set: Annotated[str, typer.Argument(help="Digest or title of a development set.")],
    chosen: Annotated[list[str], typer.Argument(metavar="CANDIDATE…", help="Identifiers of candidate cases.")],
    slice_name: Annotated[str | None, typer.Option("--slice", help="The slice they go into.")] = None,
    as_json: Json = False,
) -> None:
    """Draft candidate cases into the next version of a set; prints the draft's identifier."""
    from client import results as command

    end(lambda: command.draft(evaluation_set, chosen, slice_name=slice_name, as_json=as_json), as_json)


@app.command("what-if")
def what_if(
    result: Result,
    thresholds: Annotated[
        str, typer.Argument(metavar="FILE", help='Body of a thresholds document, as JSON; "-" reads standard input.')
    ],
    as_json: Json = False,
) -> None:
    """Tell what other thresholds would have said of a judged result. It binds nothing and is kept nowhere."""
    from client import results as command

    end(lambda: command.what_if(result, thresholds, as_json=as_json), as_json)


@app.command("inspect-log")
def inspect_log(
    result: Result,
    target: Annotated[Path, typer.Option("-o", "--output", help="File to write, such as result.eval.")],
) -> None:
    """Write cases, answers and grades of a result as a log that Inspect opens."""
    from client import results as command

    end(lambda: command.inspect_log(result, target=target))
