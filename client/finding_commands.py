"""The commands of `countersign findings`."""

from pathlib import Path
from typing import Annotated

import typer

from client.ending import end

app = typer.Typer(
    help="Findings of auditors: what was found, who answers for it, how it ended.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Which = Annotated[str, typer.Argument(help="Identifier of a finding.")]
Text = Annotated[str | None, typer.Option(help="The words.")]
File = Annotated[Path | None, typer.Option(help="A text file with the words.")]


@app.command("list")
def listed(
    project: Annotated[str | None, typer.Option(help='Short name of a project, or "shelf".')] = None,
    state: Annotated[str | None, typer.Option(help="open or closed.")] = None,
    record: Annotated[str | None, typer.Option(help="Digest of a document, job:… or entry:….")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only what you answer for or raised.")] = False,
    fail_open: Annotated[bool, typer.Option("--fail-open", help="Exit with 1 when one is not closed.")] = False,
    as_json: Json = False,
) -> None:
    """List findings: the open ones by the day they are due, then those that were closed."""
    from client import findings as command

    asked = {"project": project, "state": state, "record": record, "mine": mine or None}
    end(lambda: command.listed(as_json=as_json, fail_open=fail_open, **asked), as_json)


@app.command()
def show(finding: Which, as_json: Json = False) -> None:
    """Print a finding with everything said of it."""
    from client import findings as command

    end(lambda: command.show(finding, as_json=as_json), as_json)


@app.command("raise")
def raised(
    record: Annotated[str, typer.Argument(help="Digest or title of a document, job:… or entry:….")],
    severity: Annotated[str, typer.Option(help="critical, major, minor or observation.")],
    owner: Annotated[str, typer.Option(help="Username of who answers for it.")],
    due: Annotated[str, typer.Option(help="Such as 2027-01-31T23:59:59Z.")],
    text: Text = None,
    file: File = None,
    place: Annotated[str, typer.Option(help="Where in the record.")] = "",
    as_json: Json = False,
) -> None:
    """Raise a finding on RECORD."""
    from client import findings as command

    def run() -> int:
        given = {"severity": severity, "owner": owner, "due": due, "place": place}
        return command.raised(record, as_json=as_json, text=command.words(text, file), **given)

    end(run, as_json)


@app.command()
def answer(finding: Which, text: Text = None, file: File = None, as_json: Json = False) -> None:
    """Say what is done about a finding that is yours."""
    from client import findings as command

    end(lambda: command.act(finding, "answer", as_json=as_json, text=command.words(text, file)), as_json)


@app.command("hand-over")
def hand_over(
    finding: Which,
    to: Annotated[str, typer.Option(help="Username of who answers for it from now on.")],
    as_json: Json = False,
) -> None:
    """Have somebody else answer for a finding."""
    from client import findings as command

    end(lambda: command.act(finding, "hand-over", as_json=as_json, to=to), as_json)


@app.command()
def close(
    finding: Which,
    outcome: Annotated[str, typer.Option(help="mended, accepted or unfounded.")],
    text: Text = None,
    file: File = None,
    as_json: Json = False,
) -> None:
    """Close a finding; an auditor does who never answered for it."""
    from client import findings as command

    def run() -> int:
        return command.act(finding, "close", as_json=as_json, outcome=outcome, text=command.words(text, file))

    end(run, as_json)
