"""The commands of `countersign`. Each imports what it needs when it runs, so that all of them start fast.

Exit codes: 0 done (gate open, job succeeded, report holds) · 1 failed · 2 wrong usage or input · 3 refused by a rule
(gate closed) · 4 not signed in, not allowed or not found · 5 server out of reach · 6 job lost · 7 job cancelled.
`verify`: 0 holds · 1 does not hold · 2 could not check · 3 the log signed two histories.
"""

from pathlib import Path
from typing import Annotated

import typer

from client import (
    arm_commands,
    audit_commands,
    deployment_commands,
    finding_commands,
    incident_commands,
    lifecycle_commands,
    result_commands,
    verify_command,
)
from client.ending import end as _end

app = typer.Typer(
    name="countersign",
    help="No countersignature, no run: governance and audit for fine-tuning language models.",
    epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 not allowed or not found, 5 out of reach, "
    "6 job lost, 7 job cancelled. Environment: COUNTERSIGN_URL, COUNTERSIGN_TOKEN.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Spec = Annotated[str, typer.Argument(help="Digest, beginning of a digest, or title of a specification.")]
Meant = Annotated[str, typer.Argument(help="Digest, beginning of a digest, or title of a document.")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="How many to show.")]
Offset = Annotated[int, typer.Option(min=0, help="How many to leave out first.")]


@app.command()
def login(
    url: Annotated[str, typer.Argument(help="Address of the server.")],
    username: Annotated[str | None, typer.Option(help="Asked for unless given.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    code: Annotated[str | None, typer.Option(help="A one-time or recovery code; asked for when it is needed.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="What the token may do: read, write, launch. All three unless given.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="For how long.")] = 90,
) -> None:
    """Sign in and keep a token for the other commands."""
    from client import account

    asked = {"scopes": scope} if scope else {}
    _end(lambda: account.login(url, username, password_stdin=password_stdin, code=code, days=days, **asked))


@app.command()
def logout() -> None:
    """Sign out and end the kept token."""
    from client import account

    _end(account.logout)


@app.command()
def tokens(
    end: Annotated[str | None, typer.Option("--end", metavar="ID", help="End this token instead.")] = None,
    as_json: Json = False,
) -> None:
    """List your API tokens, or end one."""
    from client import account

    _end(lambda: account.end_token(end) if end else account.tokens(as_json=as_json), as_json)


@app.command()
def gate(spec: Spec, as_json: Json = False) -> None:
    """Ask the gate whether SPEC may run, and print the checklist. Changes nothing; fit for CI."""
    from client import gate as command

    _end(lambda: command.run(spec, as_json=as_json), as_json)


@app.command()
def launch(
    spec: Spec,
    arm: Annotated[bool, typer.Option("--arm", help="Start by itself when the last check turns green.")] = False,
    follow: Annotated[bool, typer.Option("--watch", help="Follow the job to its end.")] = False,
    as_json: Json = False,
) -> None:
    """Launch SPEC if the gate is open."""
    from client import jobs as command

    _end(lambda: command.launch(spec, arm=arm, follow=follow, as_json=as_json), as_json)


@app.command()
def assess(
    dataset: Annotated[list[str], typer.Option(help="Digest or title of a dataset; may be given again.")],
    evaluation_set: Annotated[str, typer.Option("--set", help="Digest or title of the evaluation set.")],
    rubric: Annotated[str, typer.Option(help="Digest or title of the rubric.")],
    sample: Annotated[str | None, typer.Option(help="Digest or title of a production sample.")] = None,
    follow: Annotated[bool, typer.Option("--watch/--no-watch", help="Wait for the report.")] = True,
    as_json: Json = False,
) -> None:
    """Have the quality checks run on data, and wait for the report."""
    from client import assess as command

    named = {"evaluation_set": evaluation_set, "rubric": rubric, **({"production_sample": sample} if sample else {})}
    _end(lambda: command.run(dataset, named, follow=follow, as_json=as_json), as_json)


@app.command()
def watch(
    job: Annotated[str, typer.Argument(help="Identifier of a job.")],
    interval: Annotated[float, typer.Option(min=0.05, max=3600, help="Seconds between two looks.")] = 1.0,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to wait for a server that is away.")] = 600.0,
    as_json: Json = False,
) -> None:
    """Follow a job to its end. The exit code tells its final state."""
    from client import watch as command

    _end(lambda: command.run(job, as_json=as_json, interval=interval, patience=patience), as_json)


@app.command()
def cancel(
    job: Annotated[str, typer.Argument(help="Identifier of a job.")],
    reason: Annotated[str, typer.Option(help="Why; kept beside the ledger.")] = "",
    as_json: Json = False,
) -> None:
    """Cancel a job that has not ended."""
    from client import jobs as command

    _end(lambda: command.cancel(job, reason=reason, as_json=as_json), as_json)


@app.command()
def jobs(
    project: Annotated[str | None, typer.Option(help="Short name of a project.")] = None,
    state: Annotated[str | None, typer.Option(help="Such as running or failed.")] = None,
    limit: Limit = 50,
    offset: Offset = 0,
    as_json: Json = False,
) -> None:
    """List jobs, newest first."""
    from client import jobs as command

    _end(lambda: command.listing(as_json=as_json, project=project, state=state, limit=limit, offset=offset), as_json)


@app.command("as-of")
def as_of(
    time: Annotated[str, typer.Argument(help="Such as 2026-11-26T12:00:00Z; UTC where it says nothing.")],
    project: Annotated[str | None, typer.Option(help='Short name of a project, or "shelf".')] = None,
    document: Annotated[str | None, typer.Option(help="Digest, beginning of a digest, or title.")] = None,
    since: Annotated[str | None, typer.Option(help="An earlier moment: tell what changed between the two.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what was not in force.")] = False,
    as_json: Json = False,
) -> None:
    """Tell what was in force at TIME, by whom, under which policy. With --document, exit with 1 if it was not."""
    from client import as_of as command

    asked = {"project": project, "since": since, "all": everything or None}
    _end(lambda: command.run(time, as_json=as_json, document=document, **asked), as_json)


app.command()(incident_commands.incident)
app.command()(incident_commands.unsafe)
app.command()(incident_commands.changes)


@app.command()
def due(
    project: Annotated[str | None, typer.Option(help='Short name of a project, or "shelf".')] = None,
    what: Annotated[str | None, typer.Option(help="Such as sign-off, review or task.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days ahead.")] = 90,
    mine: Annotated[bool, typer.Option("--mine", help="Only what concerns you.")] = False,
    fail_overdue: Annotated[
        bool, typer.Option("--fail-overdue", help="Exit with 1 when something is overdue.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List what falls due and what is overdue, earliest first."""
    from client import due as command

    asked = {"project": project, "what": what, "days": days, "mine": mine or None}
    _end(lambda: command.listing(as_json=as_json, fail_overdue=fail_overdue, **asked), as_json)


@app.command()
def documents(
    project: Annotated[str | None, typer.Option(help='Short name of a project, or "shelf".')] = None,
    kind: Annotated[str | None, typer.Option(help="Such as evals.rubric.")] = None,
    standing: Annotated[str | None, typer.Option(help='Such as "in force".')] = None,
    q: Annotated[str | None, typer.Option(help="Words of the title, or the beginning of a digest.")] = None,
    limit: Limit = 50,
    offset: Offset = 0,
    as_json: Json = False,
) -> None:
    """List documents, newest first."""
    from client import documents as command

    filters = {"project": project, "kind": kind, "standing": standing, "q": q, "limit": limit, "offset": offset}
    _end(lambda: command.listing(as_json=as_json, **filters), as_json)


@app.command()
def show(document: Meant, as_json: Json = False) -> None:
    """Print a document with its signatures and references."""
    from client import documents as command

    _end(lambda: command.show(document, as_json=as_json), as_json)


@app.command()
def export(
    document: Meant,
    kind: Annotated[
        str, typer.Option("--format", help="cyclonedx, prov, openlineage, in-toto or slsa-vsa.", show_default=False)
    ],
    as_of: Annotated[int | None, typer.Option(min=1, help="A past ledger size to tell of; now, if left out.")] = None,
    target: Annotated[str | None, typer.Option("-o", "--output", help="File to write.")] = None,
    as_json: Json = False,
) -> None:
    """Download the lineage of a document in a format that other programs read."""
    from client import exports as command

    _end(lambda: command.run(document, kind=kind, as_of=as_of, target=target, as_json=as_json), as_json)


@app.command()
def preview(
    draft: Annotated[str, typer.Argument(help="The draft's id, as its page's address has it.")],
    target: Annotated[str | None, typer.Option("-o", "--output", help="File to write.")] = None,
    as_json: Json = False,
) -> None:
    """Download a draft as a PDF to print and discuss: marked DRAFT on every page, no record of anything."""
    from client import documents as command

    _end(lambda: command.preview(draft, target=target, as_json=as_json), as_json)


@app.command()
def submit(
    file: Annotated[
        str, typer.Argument(help='JSON {project, kind, body, references, base}; "-" reads standard input.')
    ],
    as_json: Json = False,
) -> None:
    """Freeze the document that FILE describes; prints its digest."""
    from client import documents as command

    _end(lambda: command.submit(file, as_json=as_json), as_json)


@app.command()
def report(
    document: Annotated[
        str | None, typer.Argument(help="Digest, beginning of one, or title of a document, where it is about one.")
    ] = None,
    kind: Annotated[str, typer.Option(help="Which report; --kinds lists them.")] = "lineage",
    project: Annotated[str | None, typer.Option(help="Short name of the project it is about.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="What it asks besides; may be given again.")
    ] = None,
    as_of: Annotated[int | None, typer.Option(min=1, help="A past ledger size to tell of; now, if left out.")] = None,
    kinds: Annotated[bool, typer.Option("--kinds", help="List the kinds of report and what they ask.")] = False,
    target: Annotated[str | None, typer.Option("-o", "--output", help="File to write.")] = None,
    as_json: Json = False,
) -> None:
    """Ask for a sealed report and download it: of a document its lineage, its dossier, or another kind."""
    from client import reports as command

    if kinds:
        _end(lambda: command.kinds(as_json=as_json), as_json)
        return
    _end(
        lambda: command.run(
            document, kind=kind, project=project, settings=settings or (), as_of=as_of, target=target, as_json=as_json
        ),
        as_json,
    )


app.command()(verify_command.verify)


@app.command()
def consistency(
    one: Annotated[int, typer.Argument(min=0, metavar="SIZE", help="How many entries the one checkpoint has.")],
    other: Annotated[int, typer.Argument(min=0, metavar="SIZE", help="How many the other one has.")],
    target: Annotated[str | None, typer.Option("-o", "--output", help="File to write.")] = None,
    as_json: Json = False,
) -> None:
    """Download the proof that one state of the ledger goes on from an older one, for countersign verify."""
    from client import consistency as command

    _end(lambda: command.run((one, other), target=target, as_json=as_json), as_json)


@app.command()
def renew(
    report: Annotated[Path, typer.Argument(help="A sealed report.")],
    target: Annotated[Path | None, typer.Option("-o", "--output", help="File to write.")] = None,
    as_json: Json = False,
) -> None:
    """Download newer evidence of a report: newer keys, a newer checkpoint, a newer time stamp."""
    from client import renew as command

    _end(lambda: command.run(report, target=target, as_json=as_json), as_json)


@app.command()
def keys(
    save: Annotated[Path | None, typer.Option(help="Write all keyrings to this file, for countersign verify.")] = None,
    as_json: Json = False,
) -> None:
    """List the installation's keys: which signs what, since when, and which were declared stolen."""
    from client import keys as command

    _end(lambda: command.run(save=save, as_json=as_json), as_json)


cases_app = typer.Typer(
    help="Cases of evaluation sets: read, convert and compare them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(cases_app, name="cases")
CaseFiles = Annotated[list[Path], typer.Argument(help="Files of cases, all of one format.")]
CaseFormat = Annotated[str, typer.Option("--from", help="Their format; countersign cases formats lists them.")]
CaseProject = Annotated[str, typer.Option(help="Short name of a project you may write in.")]
CasePurpose = Annotated[str, typer.Option(help="holdout or development: for which kind of set.")]
CaseColumns = Annotated[
    list[str] | None, typer.Option("--column", help="ours=theirs, such as input=question; may be given again.")
]


@cases_app.command("formats")
def cases_formats(as_json: Json = False) -> None:
    """List the formats that cases can be read from and written in."""
    from client import cases as command

    _end(lambda: command.formats(as_json=as_json), as_json)


@cases_app.command("check")
def cases_check(
    files: CaseFiles,
    project: CaseProject,
    form: CaseFormat = "canonical",
    purpose: CasePurpose = "holdout",
    column: CaseColumns = None,
    as_json: Json = False,
) -> None:
    """Tell what is understood of FILES and what is not; 1 when something is not. Changes nothing."""
    from client import cases as command

    asked = {"project": project, "form": form, "purpose": purpose, "columns": column or []}
    _end(lambda: command.check(files, as_json=as_json, **asked), as_json)


@cases_app.command("convert")
def cases_convert(
    files: CaseFiles,
    project: CaseProject,
    target: Annotated[Path, typer.Option("-o", "--output", help="File to write.")],
    form: CaseFormat = "canonical",
    to: Annotated[str, typer.Option("--to", help="The format wanted.")] = "canonical",
    purpose: CasePurpose = "holdout",
    column: CaseColumns = None,
) -> None:
    """Write FILES as one file of another format (a ZIP where it takes several)."""
    from client import cases as command

    asked = {"project": project, "form": form, "purpose": purpose, "columns": column or []}
    _end(lambda: command.convert(files, to=to, target=target, **asked))


@cases_app.command("diff")
def cases_diff(
    document: Annotated[str, typer.Argument(help="Digest, beginning of a digest, or title of an evaluation set.")],
    since: Annotated[
        str | None, typer.Option("--base", help="The version to compare with (default: the one before).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell what became of the cases since another version, field by field, and who wrote it."""
    from client import cases as command

    _end(lambda: command.diff(document, base=since, as_json=as_json), as_json)


app.command()(audit_commands.register)
app.command()(audit_commands.leaves)
app.add_typer(audit_commands.inventory_app, name="inventory")
app.add_typer(result_commands.app, name="results")
app.add_typer(arm_commands.app, name="arms")
app.add_typer(lifecycle_commands.app, name="lifecycle")
app.add_typer(deployment_commands.app, name="deployments")
app.command("custody")(deployment_commands.custody)
app.add_typer(finding_commands.app, name="findings")

witness_app = typer.Typer(
    help="Cosign a log's checkpoints on a machine of your own: refuses forks and rollbacks.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(witness_app, name="witness")
Folder = Annotated[Path, typer.Argument(help="The witness's own folder: its key and what it has cosigned.")]
LogKey = Annotated[str, typer.Argument(help="The log's public key (vkey): on its Ledger page.")]


@witness_app.command("init")
def witness_init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="Such as witness.example/w1: shown beside each cosignature.")],
    log: Annotated[list[str] | None, typer.Option(help="Public key of a log to follow; may be given again.")] = None,
    quantum_safe: Annotated[bool, typer.Option("--quantum-safe", help="Cosign with ML-DSA-44 as well.")] = False,
) -> None:
    """Make a witness in an empty folder; prints its public key."""
    from client.witness import commands

    _end(lambda: commands.init(folder, name, log or [], quantum_safe=quantum_safe))


@witness_app.command("trust")
def witness_trust(folder: Folder, log: LogKey) -> None:
    """Follow a log, or another key of a log whose key changed."""
    from client.witness import commands

    _end(lambda: commands.trust(folder, log))


@witness_app.command("vkey")
def witness_vkey(folder: Folder) -> None:
    """Print the witness's public key, for whoever relies on it."""
    from client.witness import commands

    _end(lambda: commands.vkey(folder))


@witness_app.command("show")
def witness_show(folder: Folder) -> None:
    """Print what was cosigned last; 1 and the proof when a log signed two histories."""
    from client.witness import commands

    _end(lambda: commands.show(folder))


@witness_app.command("serve")
def witness_serve(
    folder: Folder,
    bind: Annotated[str, typer.Option(help="Address and port to listen at.")] = "127.0.0.1:8700",
) -> None:
    """Serve add-checkpoint until told to stop."""
    from client.witness import commands

    _end(lambda: commands.serve(folder, bind))


if __name__ == "__main__":
    app()
