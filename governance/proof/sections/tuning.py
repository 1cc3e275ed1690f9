"""What reports say of the documents about acting: use cases, data, base models, runs, releases."""

from collections.abc import Mapping
from typing import Any

from governance.proof.charts import runs as charts
from governance.proof.sections.blocks import Block, Column, Notice, facts, files, table
from governance.proof.sections.held import Paper

PHASES = {
    "train-new": "end of new fine-tuning",
    "train-existing": "end of fine-tuning from earlier jobs",
    "serve-new": "end of new deployments",
    "serve-existing": "end of existing deployments",
    "extended": "start of extended support",
    "retired": "retirement",
}
"""What happens to a model on the day of a phase, in words."""
ENDS = ("serve-existing", "retired")
POINTS = 12
"""points of a loss curve that are printed; the document holds all"""


def use_case(held: Paper) -> list[Block]:
    """What is to be improved, how that is measured, and the limits."""
    body = held.body
    goal, limits = body["goal"], body["constraints"]
    return [
        facts(
            ("Description", body["description"]),
            ("Goal", goal["statement"]),
            ("Measured by", goal["metric"]),
            ("Target", goal["target"]),
            ("Need", body["need"]),
            ("Risk tier", body["risk_tier"]),
            ("Owner", body["owner"]),
            ("Needed until", body["need_until"]),
            *((name.capitalize(), limits[name]) for name in ("privacy", "latency", "cost", "auditability")),
        )
    ]


def decision_record(held: Paper) -> list[Block]:
    """Which technique was chosen, and what was found on each rung before."""
    body = held.body
    rows = [
        (rung["technique"], "yes" if rung["tried"] else "no", rung["score"] or "not measured", rung["finding"])
        for rung in body["rungs"]
    ]
    columns = (Column("Technique", 16), Column("Tried", 8), Column("Score", 14, "right"), Column("Finding", 62))
    return [
        table("From the lightest technique up.", columns, rows),
        facts(
            ("Need", body["need"]),
            ("Chosen", body["chosen"]),
            ("Because", body["reason"]),
            ("Method", body["method"]),
            ("Because", body["method_reason"]),
        ),
    ]


def data_contract(held: Paper) -> list[Block]:
    """What the data owner answers for."""
    body = held.body
    rows = [(field["name"], field["type"], field["description"]) for field in body["fields"]]
    synthetic = body["synthetic"]
    return [
        facts(
            ("Collection", body["collection"]),
            ("Labelling", body["labelling"]),
            ("Redaction", body["redaction"]),
            ("Personal data", body["personal_data"]),
            ("Synthetic share", f"{synthetic['share']}: {synthetic['how']}"),
            ("Licence", body["licence"]),
            ("Retention", body["retention"]),
        ),
        table("Fields of a row.", (Column("Field", 18), Column("Type", 24), Column("Meaning", 58)), rows),
    ]


def dataset(held: Paper) -> list[Block]:
    """Where the bytes lie in DVC and git, and every file under both hashes."""
    body = held.body
    return [
        facts(
            ("Description", body["description"]),
            ("Source", body["source"]),
            ("Rows", body["rows"]),
            ("Bytes", body["size"]),
            ("Git commit", body["commit"]),
            ("DVC", f"{body['path']}.dvc, MD5 {body['dvc_md5']}"),
        ),
        files("Files. Approved is what the SHA-256 names; MD5 is how DVC finds it.", body["files"]),
    ]


def base_model(held: Paper) -> list[Block]:
    """Identity, licence and what is published about the model's life; what nobody published is unknown."""
    body = held.body
    licence = body["licence"]
    rows = []
    for phase, words in PHASES.items():
        known = [o for o in body["lifecycle"] if o["phase"] == phase]
        rows += [
            (f"{words}, {o['channel']}", _date(o), f"“{o['words']}”", o["source"], o["retrieved_at"]) for o in known
        ] or [(words, None, "nothing on record", "none", "never")]
    columns = (
        Column("What", 20), Column("Date", 14), Column("In the publisher’s words", 32), Column("Source", 21),
        Column("Retrieved", 13),
    )  # fmt: skip
    hosted = body.get("hosted")
    return [
        facts(
            ("Model", f"{body['name']}, {body['version']}"),
            ("Source", body["source"]),
            ("Source’s SHA-256", body["source_sha256"]),
            *(_hosted(hosted) if hosted else ()),
            ("Parameters", body["parameters"] or "not published"),
            ("Context", f"{body['context_window']:,} tokens"),
            ("First offered", body.get("released_on")),
            ("Custody", body["custody"] or "not applicable: its weights are with the provider"),
            ("Licence", f"{licence['name']} ({licence['id']})"),
            ("Licence text", licence["text_sha256"]),
            ("Commercial use", licence["commercial_use"]),
            ("Derivatives", licence["derivatives"]),
            ("Terms to be accepted first", licence.get("gated", False)),
            ("Only in", ", ".join(licence.get("regions", [])) or "nothing is said of regions"),
            ("Feeds call it", [f"{one['name']} ({one['channel']})" for one in body.get("identities", [])] or None),
        ),
        *_offered(body),
        table("Lifecycle. A date that nobody published is unknown, never assumed.", columns, rows),
        *([] if hosted else [files("Files of the model.", body["files"])]),
    ]


def _hosted(hosted: Mapping[str, Any]) -> list[tuple[str, Any]]:
    where = f", {hosted['region']}" if hosted["region"] else ""
    return [
        ("Hosted by", f"{hosted['provider']}{where}, which calls it {hosted['snapshot']}"),
        ("Seen there", hosted["observed_on"]),
    ]


def _offered(body: Mapping[str, Any]) -> list[Block]:
    found: list[Block] = []
    if channels := body.get("channels"):
        ways = (Column("Channel", 30), Column("Kind", 20), Column("Region, SKU", 30), Column("For", 20))
        rows = [
            (one["name"], one["kind"], ", ".join(filter(None, (one["region"], one["sku"]))), one["customers"] or "all")
            for one in channels
        ]
        found.append(table("How it can be had.", ways, rows))
    if prices := body.get("prices"):
        columns = (
            Column("Channel", 20), Column("For", 22), Column("Price", 18, "right"), Column("Read on", 14),
            Column("Source", 26),
        )  # fmt: skip
        priced = [
            (one["channel"], one["unit"], f"{one['amount']} {one['currency']}", one["observed_on"], one["source"])
            for one in prices
        ]
        found.append(table("Prices, as they were read.", columns, priced))
    return found


def base_model_notices(held: Paper) -> list[Notice]:
    """Warn when nobody knows when the model will be lost, and when its licence forbids what is done with it."""
    body = held.body
    notices = []
    if not any(o["date"] for o in body["lifecycle"] if o["phase"] in ENDS):
        text = f"The document of the base model “{body['title']}” names no date of its end. Unknown is not safe."
        notices.append(Notice("Lifecycle unknown", text))
    if not body["licence"]["derivatives"]:
        notices.append(Notice("Licence", f"The licence of “{body['title']}” does not allow derivatives."))
    return notices


def chosen(spec: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the hyperparameters of a run that were set, by their names in words."""
    return [
        (name.replace("_", " "), value) for name, value in sorted(spec["hyperparameters"].items()) if value is not None
    ]


def code(spec: Mapping[str, Any]) -> str:
    """Return which code a run used, and whether it can be found again."""
    found = spec["code"]
    return f"commit {found['commit']}{', with changes not committed' if found['dirty'] else ''}"


def loss(record: Mapping[str, Any]) -> str:
    """Return what the loss was."""
    return f"{record['metrics']['first_loss']} at first, {record['metrics']['final_loss']} at the end"


def received(record: Mapping[str, Any]) -> str:
    """Return whose word a record is."""
    return f"{record['received']}: what the runner sent under its permit"


def run_spec(held: Paper) -> list[Block]:
    """Everything that decides what the run does."""
    body = held.body
    budget = body["budget"]
    spend = f", {budget['max_usd']} US dollars" if budget.get("max_usd") else ""
    return [
        facts(
            ("Objective", body["objective"]),
            ("Method", body["method"]),
            *chosen(body),
            ("seed", body["seed"]),
            ("precision", body["precision"]),
        ),
        facts(
            ("Budget", f"{budget['max_seconds']:,} seconds{spend}"),
            ("Code", code(body)),
            ("Lock file", body["code"]["lockfile_sha256"]),
            ("System prompt", body["prompt"]["system"] or "none"),
            ("Prompt", body["prompt"]["template"]),
        ),
    ]


def run_spec_notices(held: Paper) -> list[Notice]:
    """Warn when the code that ran cannot be found again from its commit."""
    body = held.body
    if body["code"]["commit"] == "unknown":
        return [Notice("Code unknown", f"The run “{body['title']}” names no commit.")]
    if body["code"]["dirty"]:
        return [Notice("Code changed", f"The run “{body['title']}” used code with changes that were not committed.")]
    return []


def run_record(held: Paper) -> list[Block]:
    """What came of the run, as the work plane sent it."""
    body = held.body
    metrics = body["metrics"]
    curve = body["loss_curve"]
    step = max(1, -(-len(curve) // POINTS))
    shown = [*curve[:-1:step], curve[-1]]
    environment = ", ".join(f"{name} {value}" for name, value in sorted(body["environment"].items()))
    return [
        facts(
            ("Received as", received(body)),
            ("Method", f"{body['method']}, giving a{'n adapter' if body['artefact'] == 'adapter' else ' model'}"),
            ("Loss", loss(body)),
            ("Rows and steps", f"{metrics['rows']:,} rows, {metrics['steps']:,} steps, {metrics['epochs']} epochs"),
            ("Parameters", f"{metrics['trainable_parameters']:,} trained of {metrics['total_parameters']:,}"),
            ("Modules moved", body["moved_modules"]),
            ("Time", f"{body['seconds']} seconds, {metrics['seconds_per_step']} a step"),
            ("Peak memory", f"{body['peak_rss_mb']:,} MiB"),
            ("Permit’s payload", body["permit"]),
            ("Environment", environment or None),
        ),
        charts.loss(body),
        table(
            f"Loss: {len(shown)} of {len(curve)} points, in nats a completion token.",
            (Column("Step", 20, "right"), Column("Loss", 30, "right"), Column("Learning rate", 50, "right")),
            [(p["step"], p["loss"], p["learning_rate"]) for p in shown],
        ),
        files("What the run made.", body["files"]),
    ]


def release(held: Paper) -> list[Block]:
    """What is put forward."""
    body = held.body
    return [facts(("Release", body["title"]), ("Note", body["note"]))]


def _date(observation: Mapping[str, Any]) -> str | None:
    if observation["date"] is None:
        return None
    precision = observation["precision"]
    return str(observation["date"]) + ("" if precision == "exact" else f" ({precision})")


def standing_approval(held: Paper) -> list[Block]:
    """The bounds within which data and runs need no signatures of their own."""
    body = held.body
    bounds = sorted(body["hyperparameters"].items())
    return [
        facts(
            ("Because", body["reason"]),
            ("Series of datasets", body["series"]),
            ("Fields of every row", body["fields"]),
            ("Rows of a run", f"{body['min_rows']:,} to {body['max_rows']:,}"),
            ("Quality report", body["quality"]),
            ("Methods", body["methods"]),
            ("Budget of a run", f"{body['max_seconds']:,} s"),
            ("Budgets in all", f"{body['max_seconds_in_all']:,} s"),
            ("Runs", body["max_runs"]),
            ("Runs out", body["expires_at"]),
        ),
        table(
            "Bounds of hyperparameters; others are free.",
            (Column("Name", 40), Column("At least", 30, "right"), Column("At most", 30, "right")),
            [(name.replace("_", " "), each["low"], each["high"]) for name, each in bounds],
        ),
    ]


def standing_approval_notices(held: Paper) -> list[Notice]:
    """Say that something here was admitted by bounds, not by signatures on it."""
    body = held.body
    text = (
        f"Data or runs of this lineage may have been admitted inside the bounds of the standing approval "
        f"“{body['title']}” (up to {body['max_runs']} runs until {body['expires_at'][:10]}) instead of being signed "
        "themselves."
    )
    return [Notice("Standing approval", text)]
