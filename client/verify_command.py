"""The command `verify`: of `countersign`, and all there is of the file that auditors carry (`client.verifier`)."""

from pathlib import Path
from typing import Annotated

import typer

from client.ending import end

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def verify(
    file: Annotated[
        Path,
        typer.Argument(help="A sealed report, an auditor's package or audit sample (ZIP), or an entry's .tlog-proof."),
    ],
    root: Annotated[str | None, typer.Option(help="The organisation's published fingerprint, sha256:…")] = None,
    keyrings: Annotated[
        Path | None, typer.Option(help="Its keyrings of today (countersign keys --save): what was stolen since.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="Public key of a witness, from the witness itself; may be given again.")
    ] = None,
    quorum: Annotated[
        int | None, typer.Option(min=1, help="How many of the witnesses must have cosigned (default: all).")
    ] = None,
    log_key: Annotated[
        str | None, typer.Option(help="The log's public key (vkey), for a .tlog-proof; takes the place of --root.")
    ] = None,
    second_key: Annotated[
        str | None, typer.Option(help="The log's ML-DSA-44 key (vkey), if it has one: its line must be there.")
    ] = None,
    tsa_certificate: Annotated[
        list[Path] | None, typer.Option(help="Root certificate (PEM) of a time-stamp authority, from the authority.")
    ] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(
            "--checkpoint", "--against", help="A checkpoint that you kept, or an older report: is it one history?"
        ),
    ] = None,
    consistency: Annotated[
        list[Path] | None, typer.Option(help="Proof between such a checkpoint and the file: countersign consistency.")
    ] = None,
    renewal: Annotated[
        list[Path] | None, typer.Option(help="Renewed evidence of the report: countersign renew; may be given again.")
    ] = None,
    as_of: Annotated[
        int | None,
        typer.Option(min=1, help="The ledger size that it must tell of at least: an older file is refused."),
    ] = None,
    leaves: Annotated[
        Path | None,
        typer.Option(help="With an audit sample: the complete list of leaves (countersign leaves -o FILE)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a report, a package of reports, an audit sample, or the proof of one ledger entry, offline.

    Exit codes: 0 it holds, 1 it does not, 2 it cannot be checked, 3 the log signed two histories.
    """
    from client import verify as command
    from governance.proof.given import Given

    given = Given(
        root=root,
        log_key=log_key,
        second_key=second_key,
        witnesses=witness or [],
        quorum=quorum,
        keyrings=keyrings,
        authorities=tsa_certificate or [],
        checkpoints=checkpoint or [],
        consistency=consistency or [],
        renewals=renewal or [],
        least=as_of,
        leaves=leaves,
    )
    end(lambda: command.run(file, given, as_json=as_json), as_json)
