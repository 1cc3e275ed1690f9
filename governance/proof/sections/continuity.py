"""What reports say of deployments, estimates of requalification, fallback plans and drills."""

from governance.proof.sections.blocks import Block, Column, Notice, facts, table
from governance.proof.sections.held import Paper

ROUTES = {
    "successor": "serve a successor as it is",
    "retrain": "tune a successor and release it",
    "own_weights": "go on from weights that are held here",
    "by_hand": "do the work without a model until there is one",
    "withdraw": "switch the service off",
}
STAGES = {
    "data": "data ready",
    "plan": "plan signed",
    "baseline": "baseline measured",
    "run": "run done",
    "verdict": "verdict given",
    "release": "release signed",
}
"""The stages until a model may serve, in their order, each by what ends it."""


def deployment(held: Paper) -> list[Block]:
    """What the service is, how much it matters, and what it is said to run on where nothing proves it."""
    body = held.body
    impact = f"{body['daily_impact']} {body['currency']}" if body["daily_impact"] else None
    return [
        facts(
            ("Service", body["service"]),
            ("Environment", body["environment"]),
            ("Criticality", body["criticality"]),
            ("Longest outage", f"{body['max_outage_hours']} hours"),
            ("Since", body["since"]),
            ("Until", body["until"] or "no end stated"),
            ("Needed until", body["need_until"] or "as the use case says"),
            ("Owner", body["owner"]),
            ("A day without it costs", impact),
            ("Said to run on", body["stated_base"] or "see what it refers to"),
        )
    ]


def deployment_notices(held: Paper) -> list[Notice]:
    """Warn of what serves without a release; what a release is worth, its own standing says."""
    body = held.body
    named = held.roles
    if "release" in named:
        return []
    if named:
        unreleased = f"The deployment “{held.title}” names no release: nobody here agreed that it may serve."
        return [Notice("No release", unreleased)]
    unproven = f"Nothing proves what “{held.title}” serves. It is said to run on “{body['stated_base']}”."
    return [Notice("Unproven origin", unproven)]


def estimate(held: Paper) -> list[Block]:
    """Three points a stage, and what they rest on."""
    body = held.body
    columns = (Column("Until", 40), *(Column(name, 20, "right") for name in ("At best", "Most likely", "At worst")))
    rows = [(STAGES[one["stage"]], one["low"], one["likely"], one["high"]) for one in body["stages"]]
    return [facts(("Basis", body["basis"])), table("Days a stage takes, as people estimate them.", columns, rows)]


def plan(held: Paper) -> list[Block]:
    """What is done, by whom, from when, and how often that is practised."""
    body = held.body
    return [
        facts(
            ("Route", ROUTES[body["route"]]),
            ("Steps", body["steps"]),
            ("Owner", body["owner"]),
            ("Begins on", f"{body['trigger_date']} at the latest"),
            ("Practised", f"at least every {body['drill_days']} days"),
        )
    ]


def drill(held: Paper) -> list[Block]:
    """What came of a drill."""
    body = held.body
    return [facts(("Date", body["date"]), ("Outcome", body["outcome"]), ("Finding", body["finding"]))]
