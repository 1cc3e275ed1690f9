"""What a signer filled in on a request's page, as the services take it."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict

from governance.errors import Invalid
from governance.models import User
from governance.proof.formats.statement import Condition, Opinion, Sample
from governance.services import signing
from governance.web.forms.base import day_over


def samples(post: QueryDict, told: Sequence[dict[str, Any]]) -> list[Sample]:
    """Return the opinions given on the cases drawn; a case without one is left out, and the service says so."""
    found = []
    for document in told:
        sample, digest = document["sample"], document["digest"]
        if not sample or "cases" not in sample:
            continue
        opinions = []
        for number, case in enumerate(sample["cases"]):
            key = f"{digest}:{number}"
            if opinion := post.get(f"opinion:{key}"):
                opinions.append(_opinion(case, opinion, post.get(f"note:{key}", "")))
        if opinions:
            found.append(Sample(document=digest, seed=sample["seed"], opinions=opinions))
    return found


def _opinion(case: str, opinion: str, note: str) -> Opinion:
    try:
        return Opinion.model_validate({"case": case, "opinion": opinion, "note": note.strip()})
    except ValueError:
        raise Invalid("samples", f"found {opinion!r} on {case}, expected agree, disagree or unsure") from None


def given_opinions(post: QueryDict) -> dict[str, str]:
    """Return opinions and notes by the name of their field, to show them again."""
    return {key: str(post[key]) for key in post if key.startswith(("opinion:", "note:"))}


def conditions(rows: Sequence[dict[str, Any]]) -> list[Condition]:
    """Return the conditions that were written; a due day lasts until midnight in UTC. Invalid: one that cannot be."""
    written = [row for row in rows if row.get("text")]
    owners = {u.actor: u for u in User.objects.filter(ledger_id__in=[row["owner"] for row in written if row["owner"]])}
    found = []
    for row in written:
        task = row["kind"] == "task"
        due = day_over(row["due"]) if task and row["due"] else None
        owner = owners.get(row["owner"]) if task else None
        found.append(signing.condition(kind=row["kind"] or "gate", text=row["text"], owner=owner, due=due))
    return found
