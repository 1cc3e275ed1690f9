"""The commands of `countersign deployments`, and `countersign custody`."""

from pathlib import Path
from typing import Annotated

import typer

from client.ending import end

app = typer.Typer(
    help="Deployments: which services depend on which base model.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Project = Annotated[str, typer.Argument(help="Short name of a project.")]


@app.command("list")
def listed(project: Project, as_json: Json = False) -> None:
    """List the deployments of PROJECT, with what stands behind each."""
    from client import deployments as command

    end(lambda: command.listed(project, as_json=as_json), as_json)


@app.command("import")
def read_in(
    project: Project,
    file: Annotated[Path, typer.Argument(help="A CSV file or a workbook, one deployment a row.")],
    as_json: Json = False,
) -> None:
    """Register every deployment of FILE, or none: the first row that is wrong is named by its line."""
    from client import deployments as command

    end(lambda: command.read_in(project, file, as_json=as_json), as_json)


@app.command("below")
def below(
    base: Annotated[str, typer.Argument(help="Digest, beginning of a digest, or title of a base model.")],
    as_json: Json = False,
) -> None:
    """Show everything downstream of BASE: specifications, runs, releases and deployments."""
    from client import deployments as command

    end(lambda: command.below(base, as_json=as_json), as_json)


def custody(
    base: Annotated[str, typer.Argument(help="Digest, beginning of a digest, or title of a base model.")],
    as_json: Json = False,
) -> None:
    """List restore drills of BASE or, where others host it, its probes, and those that ended without a result."""
    from client import custody as command

    end(lambda: command.shown(base, as_json=as_json), as_json)


@app.command("record")
def record(
    project: Project,
    service: Annotated[str, typer.Argument(help="Name of the service.")],
    what: Annotated[str, typer.Argument(help='"deployed", "rolled back" or "stopped".')],
    at: Annotated[str, typer.Option(help="When it was so, such as 2026-11-26T12:00:00Z.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    now: Annotated[str | None, typer.Option(help="What it runs from then on: digest or title of a release.")] = None,
    stated: Annotated[str | None, typer.Option(help="Or what it is said to run on, where nothing proves it.")] = None,
    before: Annotated[
        str | None, typer.Option(help="What it took the place of, where the records leave it open.")
    ] = None,
    environment: Annotated[str, typer.Option(help="Such as production or staging.")] = "production",
    as_json: Json = False,
) -> None:
    """Record that SERVICE was deployed, rolled back or stopped; it may be later than it was so."""
    from client import incident as command

    said = {"what": what, "at": at, "reason": reason, "stated": stated, "before": before}
    end(lambda: command.record(project, service, environment, as_json=as_json, now=now, **said), as_json)
