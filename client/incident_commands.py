"""The commands about incidents: what ran when, what a file is, unsafe releases, and what changed."""

from typing import Annotated

import typer

from client.ending import end

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def incident(
    service: Annotated[str | None, typer.Argument(help="Name of a service.")] = None,
    at: Annotated[str | None, typer.Option(help="When it was so; now unless given. UTC where it says nothing.")] = None,
    known: Annotated[str | None, typer.Option(help="As it was known at this moment; now unless given.")] = None,
    project: Annotated[str | None, typer.Option(help="Short name of its project, where several have one.")] = None,
    environment: Annotated[str, typer.Option(help="Such as production or staging.")] = "production",
    file: Annotated[str | None, typer.Option(help="A file that runs somewhere, or its digest (sha256:…).")] = None,
    as_json: Json = False,
) -> None:
    """Tell what ran in SERVICE at a moment: its data, who agreed, its base model, and what changed since it was safe.

    With --file, tell what a file is and where it ran. Exit code 0 if the answer is one thing on record, else 1.
    """
    from client import incident as command

    if (service is None) == (file is None):
        raise typer.BadParameter("give a SERVICE, or --file")
    if file is not None:
        end(lambda: command.file(file, as_json=as_json), as_json)
        return
    asked = {"time": at, "known": known}
    end(lambda: command.answer(str(service), environment, as_json=as_json, project=project, **asked), as_json)


def unsafe(
    release: Annotated[str, typer.Argument(help="Digest, beginning of a digest, or title of a release.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    title: Annotated[str | None, typer.Option(help="What happened, in a line.")] = None,
    seen_at: Annotated[str | None, typer.Option(help="When it was noticed.")] = None,
    clear: Annotated[str | None, typer.Option(help="Digest of a mark of it that does not stand after all.")] = None,
    as_json: Json = False,
) -> None:
    """Mark RELEASE as unsafe because of an incident, or take a mark back. It stops nothing."""
    from client import incident as command

    said = {} if clear else {"title": title, "seen_at": seen_at}
    end(lambda: command.mark(release, as_json=as_json, clear=clear, reason=reason, **said), as_json)


def changes(
    what: Annotated[str, typer.Argument(help="Digest or title of a release; with --until, a project's short name.")],
    since: Annotated[str, typer.Option(help="Digest or title of the earlier release; with --until, a moment.")],
    until: Annotated[
        str | None, typer.Option(help="A later moment: tell what changed in a project between both.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell what changed since an earlier release, or in a project between two moments."""
    from client import incident as command

    end(lambda: command.changes(what, since, as_json=as_json, until=until), as_json)
