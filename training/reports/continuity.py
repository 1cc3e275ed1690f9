"""What reports say of deployments, estimates of requalification, fallback plans and drills."""

from typing import Any

from governance.models import Document
from governance.reports.parts import Block, Column, Notice, facts, table
from governance.selectors import documents as docs
from training.selectors.deployed import origin_of

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


def deployment(_document: Document, body: dict[str, Any]) -> list[Block]:
    """What the service is, how much it matters, and what it is said to run on where nothing proves it."""
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


def deployment_notices(document: Document, body: dict[str, Any]) -> list[Notice]:
    """Warn of what serves without a release; what a release is worth, its own standing says."""
    named = {link.role for link in docs.envelope(document).references}
    if "release" in named:
        return []
    if named:
        unreleased = f"The deployment “{document.title}” names no release: nobody here agreed that it may serve."
        return [Notice("No release", unreleased)]
    unproven = f"Nothing proves what “{document.title}” serves. It is said to run on “{body['stated_base']}”."
    return [Notice("Unproven origin", unproven)]


def deployment_tells(document: Document, _body: dict[str, Any]) -> list[Notice]:
    """Say what stands behind a deployment now."""
    found = origin_of(document)
    return [Notice(found.label.capitalize(), f"It {found.words}.")]


def estimate(_document: Document, body: dict[str, Any]) -> list[Block]:
    """Three points a stage, and what they rest on."""
    columns = (Column("Until", 40), *(Column(name, 20, "right") for name in ("At best", "Most likely", "At worst")))
    rows = [(STAGES[one["stage"]], one["low"], one["likely"], one["high"]) for one in body["stages"]]
    return [facts(("Basis", body["basis"])), table("Days a stage takes, as people estimate them.", columns, rows)]


def plan(_document: Document, body: dict[str, Any]) -> list[Block]:
    """What is done, by whom, from when, and how often that is practised."""
    return [
        facts(
            ("Route", ROUTES[body["route"]]),
            ("Steps", body["steps"]),
            ("Owner", body["owner"]),
            ("Begins on", f"{body['trigger_date']} at the latest"),
            ("Practised", f"at least every {body['drill_days']} days"),
        )
    ]


def drill(_document: Document, body: dict[str, Any]) -> list[Block]:
    """What came of a drill."""
    return [facts(("Date", body["date"]), ("Outcome", body["outcome"]), ("Finding", body["finding"]))]
