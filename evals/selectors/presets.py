"""The preset that a plan was made from, and where the plan departs from it: one answer for page, signers and gate."""

from dataclasses import dataclass

from evals.engine.presets import PresetBody, departures
from evals.engine.spec import ThresholdsBody
from governance.access import COMPLIANCE_OFFICER, ROLES
from governance.gates import Answer
from governance.inforce import InForce
from governance.models import Document
from governance.selectors import documents as docs

KIND = "evals.preset"
ROLE = "signed_preset"


@dataclass(frozen=True)
class Made:
    """What a plan was made from: `document` is None where it names no signed preset."""

    name: str
    document: Document | None
    departures: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """In a sentence for signers."""
        if self.document is None and self.name == "own":
            return "Everything is said at each threshold."
        if self.document is None:
            return f"Filled by the preset “{self.name}” as it is built in; no signed preset is named."
        made = f"Made from {self.document} ({self.document.digest[:19]}…)"
        if self.departures:
            return f"{made}. Looser than it says: {'; '.join(self.departures)}."
        return f"{made}, throughout."


def body(preset: Document) -> PresetBody:
    """Return what a preset says."""
    found: PresetBody = docs.model_body(preset, PresetBody)
    return found


def preview(plan: ThresholdsBody, preset: Document | None) -> Made:
    """Return what a draft is made from, and where it departs."""
    if preset is None:
        return Made(plan.preset, None)
    return Made(plan.preset, preset, tuple(departures(plan, body(preset))))


def made(thresholds: Document) -> Made:
    """Return what the thresholds of a plan were made from, and where they depart."""
    plan: ThresholdsBody = docs.model_body(thresholds, ThresholdsBody)
    return preview(plan, docs.linked_one(thresholds, ROLE))


def answer(found: Made | None, standing: InForce | None) -> Answer:
    """Return whether a plan is what its signed preset says, and that preset stands; a plan without one is no fault."""
    expected = "no threshold looser than the signed preset it was made from"
    who = ROLES[COMPLIANCE_OFFICER]
    if found is None or found.document is None:
        return Answer(True, found.words if found else "there are no thresholds", expected)
    if standing is None or not standing.ok:
        told = f"{found.document} is not in force" + (f": {standing.standing.value}" if standing else "")
        return Answer(False, told, expected, "Have the preset signed, or make the plan from one that is.", who)
    remedy = "Sign that this plan may be looser, or fill it as the preset says."
    return Answer(not found.departures, found.words, expected, remedy, who)
