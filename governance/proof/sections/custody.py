"""What reports say of restore drills and probes."""

from collections.abc import Mapping
from typing import Any, Final

from governance.proof.sections.blocks import Block, Column, Notice, facts, table
from governance.proof.sections.held import Paper

CHANGED: Final[dict[bool | None, str]] = {
    True: "changed",
    False: "no change found",
    None: "nothing to compare with yet",
}
LAYOUTS: Final = {"names": "files by their names", "store": "a copy of the byte store"}
FOUND: Final = {
    "intact": "intact",
    "altered": "altered",
    "missing": "missing",
    "outside": "leads out of the backup",
    "unreadable": "cannot be read",
}


def restore_spec(held: Paper) -> list[Block]:
    """From where the files are to be fetched, and what the model is then asked."""
    body = held.body
    return [
        facts(
            ("Backup", _place(body)),
            ("Asked", body["prompts"]),
            ("Longest answer", f"{body['max_new_tokens']} tokens"),
            ("Time limit", f"{body['max_seconds']:,} s"),
        )
    ]


def restore_record(held: Paper) -> list[Block]:
    """What the backup held, file by file, and what the restored model said."""
    body = held.body
    rows = [
        (file["path"], file["size"], FOUND[file["found"]], _hex(file["sha256"]), _instead(file))
        for file in body["files"]
    ]
    columns = (
        Column("File", 20), Column("Bytes", 12, "right"), Column("In the backup", 14),
        Column("As signed", 27, code=True), Column("Found", 27, code=True),
    )  # fmt: skip
    return [
        facts(
            ("Outcome", body["outcome"]),
            ("Finding", body["finding"] or "every file intact, loaded, answered"),
            ("Received as", f"{body['received']}: what the runner sent under its permit"),
            ("Backup", _place(body)),
            ("Fetched and hashed", f"{body['seconds_to_fetch']} s"),
            ("Loaded", f"in {body['seconds_to_load']} s" if body["loaded"] else "no"),
            ("Answered", f"in {body['seconds_to_answer']} s" if body["answers"] else "no"),
            ("Peak memory", f"{body['peak_rss_mb']:,} MiB"),
            ("Permit’s payload", body["permit"]),
        ),
        table("Every file of the signed manifest.", columns, rows),
        table(
            "What the restored model answered.",
            (Column("Prompt", 45), Column("Answer", 45), Column("Tokens", 10, "right")),
            [(said["prompt"], said["text"] or "(nothing)", said["tokens"]) for said in body["answers"]],
        ),
    ]


def restore_notices(held: Paper) -> list[Notice]:
    """Warn of a drill that failed."""
    body = held.body
    if body["outcome"] == "passed":
        return []
    return [Notice("Custody not verified", f"The restore drill “{body['title']}” failed: {body['finding']}")]


def probe_spec(held: Paper) -> list[Block]:
    """What is asked of the hosted model, how, and how often."""
    body = held.body
    every = f"every {body['cadence_days']} days" if body["cadence_days"] else "by hand"
    return [
        facts(
            ("Endpoint", body["endpoint"]["address"]),
            ("Model there", body["endpoint"]["model"]),
            ("System prompt", body["system"] or "none"),
            ("Answers to each prompt", body["repeats"]),
            ("Temperature", body["temperature"]),
            ("Longest answer", f"{body['max_new_tokens']} tokens"),
            ("Repeated", every),
            ("Tested at", f"α {body['alpha']}, over all prompts together"),
        ),
        table(
            "The fixed prompts.",
            (Column("Prompt", 25), Column("Text", 75)),
            [(prompt["id"], prompt["text"]) for prompt in body["prompts"]],
        ),
    ]


def probe_result(held: Paper) -> list[Block]:
    """How the answers are distributed, and whether they differ from the reference's."""
    body = held.body
    rows = [
        (
            prompt["id"],
            prompt["answers"],
            prompt["distinct"],
            "\n".join(f"{common['count']} × {common['text']}" for common in prompt["common"][:3]) or None,
            prompt["difference"]["adjusted"] if prompt["difference"] else "not compared",
        )
        for prompt in body["prompts"]
    ]
    columns = (
        Column("Prompt", 16), Column("Answers", 10, "right"), Column("Distinct", 10, "right"),
        Column("Most frequent", 50), Column("p, corrected", 14, "right"),
    )  # fmt: skip
    whole = body["whole"]
    return [
        facts(
            ("Finding", body["finding"]),
            (
                "Over all prompts",
                f"p {whole['adjusted']} (corrected), at α {body['alpha']}" if whole else "not compared",
            ),
            ("Method", body["method"]),
            ("Received as", f"{body['received']}: answers as the runner sent them; counted and compared here"),
            ("Answers", f"{body['answered']} of {body['asked']}"),
            ("Time", f"{body['seconds']} s"),
            ("Permit’s payload", body["permit"]),
        ),
        table("The answers to each prompt.", columns, rows),
    ]


def probe_notices(held: Paper) -> list[Notice]:
    """Warn of a model that answers differently than before."""
    body = held.body
    return [Notice("The hosted model changed", body["finding"])] if body["changed"] else []


def _place(body: Mapping[str, Any]) -> str:
    folder = f", folder {body['folder']}" if body["folder"] else ""
    return f"{body['backup']}{folder} ({LAYOUTS[body['layout']]})"


def _instead(file: Mapping[str, Any]) -> str:
    """Return what the backup holds in a file's place: its SHA-256, or its size where that told enough."""
    if file["found"] == "intact":
        return "the same"
    if file["found_sha256"]:
        return _hex(file["found_sha256"])
    return f"{file['found_size']:,} bytes" if file["found_size"] is not None else "nothing"


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")
