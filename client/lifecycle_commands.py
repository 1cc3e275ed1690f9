"""The commands of `countersign lifecycle`."""

from pathlib import Path
from typing import Annotated

import typer

from client.ending import end

app = typer.Typer(
    help="Base models: when they end as far as sources say, and recording what sources say.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Url = Annotated[str, typer.Option(help="Where it can be read.")]


@app.command("models")
def models(as_json: Json = False) -> None:
    """List base models, those that end first before."""
    from client import lifecycle as command

    end(lambda: command.models(as_json=as_json), as_json)


@app.command("dates")
def dates(
    model: Annotated[str, typer.Argument(help="Digest, beginning of a digest, or title of a base model.")],
    size: Annotated[int | None, typer.Option(min=0, help="As it was when the ledger had so many entries.")] = None,
    as_json: Json = False,
) -> None:
    """Show what each source ever said of MODEL, and where they disagree."""
    from client import lifecycle as command

    end(lambda: command.dates(model, size=size, as_json=as_json), as_json)


@app.command("sources")
def sources(as_json: Json = False) -> None:
    """List sources and when they were last read. Exit 1 when one is stale."""
    from client import lifecycle as command

    end(lambda: command.sources(as_json=as_json), as_json)


@app.command("import")
def bring(
    file: Annotated[Path, typer.Argument(help="The feed, as it was got.")],
    form: Annotated[
        str, typer.Option("--format", help="litellm, bydtech, llm-sunset, bedrock, azure, openai, csv, json.")
    ],
    source: Annotated[str, typer.Option(help="What its source is called, unless as the format has it.")] = "",
    url: Url = "",
    retrieved_on: Annotated[str, typer.Option("--retrieved", help="The day it was got, as 2026-11-26.")] = "",
    complete: Annotated[bool, typer.Option(help="A table or JSON that says all its source says.")] = False,
    as_json: Json = False,
) -> None:
    """Record what FILE says that is new, moved or gone. All of it, or nothing."""
    from client import lifecycle as command

    said = {"format": form, "source": source, "url": url, "retrieved_on": retrieved_on, "complete": complete}
    end(lambda: command.bring(file, as_json=as_json, **said), as_json)


@app.command("observe")
def observe(
    model: Annotated[str, typer.Argument(help="What the source calls the model.")],
    source: Annotated[str, typer.Option(help="Who says so.")],
    channel: Annotated[str, typer.Option(help="Such as openai or bedrock/eu-west-1.")],
    words: Annotated[str, typer.Option(help="In the source's words.")],
    retrieved_on: Annotated[str, typer.Option("--retrieved", help="The day it was read, as 2026-11-26.")],
    phase: Annotated[str, typer.Option(help="What ends.")] = "retired",
    date: Annotated[str | None, typer.Option(help="When; left out: the source names no date.")] = None,
    precision: Annotated[str, typer.Option(help="exact, earliest or tentative.")] = "exact",
    announced_on: Annotated[str | None, typer.Option("--announced", help="When it was announced.")] = None,
    rank: Annotated[int, typer.Option(min=2, max=5, help="2 the vendor's page … 5 word of mouth.")] = 2,
    idle_days: Annotated[int | None, typer.Option(min=1, help="Lost before, when unused for so long.")] = None,
    url: Url = "",
    as_json: Json = False,
) -> None:
    """Record one thing that you read at a source about MODEL."""
    from client import lifecycle as command

    said = {
        "model": model, "source": source, "channel": channel, "words": words, "retrieved_on": retrieved_on,
        "phase": phase, "date": date, "precision": precision, "announced_on": announced_on, "rank": rank,
        "idle_days": idle_days, "url": url,
    }  # fmt: skip
    end(lambda: command.observe(as_json=as_json, **said), as_json)
