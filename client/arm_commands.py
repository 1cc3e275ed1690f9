"""The commands of `countersign arms`."""

from pathlib import Path
from typing import Annotated

import typer

from client.ending import end

app = typer.Typer(
    help="Arms of a plan: have what others answer measured on the same cases.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Plan = Annotated[str, typer.Argument(help="Digest, beginning of a digest, or title of acceptance thresholds.")]
Note = Annotated[str, typer.Option(help="What you want to say about it.")]
PriceIn = Annotated[str | None, typer.Option(help="US dollars for a million tokens read, such as 0.50.")]
PriceOut = Annotated[str | None, typer.Option(help="US dollars for a million tokens written.")]


@app.command("show")
def show(plan: Plan, as_json: Json = False) -> None:
    """Show what every arm of PLAN came to and, in brackets, how it differs from the base model, paired."""
    from client import arms as command

    end(lambda: command.show(plan, as_json=as_json), as_json)


@app.command("record")
def record(
    plan: Plan,
    file: Annotated[Path, typer.Argument(help="JSON Lines: id and output of every case, and what it took.")],
    system: Annotated[str, typer.Option(help="What answered, with its version.")],
    made_by: Annotated[str, typer.Option(help="The team or role that had it answer; no name.")],
    made_on: Annotated[str, typer.Option(help="When, as 2026-11-26.")],
    arm: Annotated[str, typer.Option(help="retrieval or other.")] = "retrieval",
    model: Annotated[str | None, typer.Option(help="The model it used.")] = None,
    sources: Annotated[str | None, typer.Option(help="What it could look things up in.")] = None,
    price_in: PriceIn = None,
    price_out: PriceOut = None,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Hold FILE against the cases of PLAN, and freeze the specification that has its answers measured."""
    from client import arms as command

    said = {"system": system, "made_by": made_by, "made_on": made_on, "model": model, "sources": sources}
    said |= {"price_in": price_in, "price_out": price_out}
    end(lambda: command.record(plan, file, as_json=as_json, arm=arm, note=note, **said), as_json)


@app.command("ask")
def ask(
    plan: Plan,
    address: Annotated[str, typer.Option(help="Base of an API that the operator lists, such as https://…/v1.")],
    model: Annotated[str, typer.Option(help="What the model is called there.")],
    key_from: Annotated[str | None, typer.Option(help="The variable its key is in, as listed beside it.")] = None,
    arm: Annotated[str, typer.Option(help="retrieval or other.")] = "other",
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Requests at once.")] = 8,
    price_in: PriceIn = None,
    price_out: PriceOut = None,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Freeze the specification that has a model behind an endpoint measured by PLAN; its runner sends it the cases."""
    from client import arms as command

    said = {"address": address, "model": model, "key_from": key_from, "concurrency": concurrency}
    said |= {"price_in": price_in, "price_out": price_out}
    end(lambda: command.ask(plan, as_json=as_json, arm=arm, note=note, **said), as_json)
