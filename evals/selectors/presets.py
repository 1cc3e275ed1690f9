"""The preset that a plan was made from, and where the plan departs from it: one answer for page, signers and gate."""

from dataclasses import dataclass

from evals.engine.presets import BUILT_IN, PresetBody, departures
from evals.engine.spec import ThresholdsBody
from governance.access import COMPLIANCE_OFFICER, ROLES
from governance.gates import Answer
from governance.models import Document
from governance.proof.answers.inforce import InForce
from governance.proof.sections import presets
from governance.proof.sections.presets import ROLE
from governance.selectors import documents as docs

__all__ = ["KIND", "ROLE", "Made", "answer", "body", "made", "preview"]

KIND = "evals.preset"


@dataclass(frozen=True)
class Made:
    """What a plan was made from: `document` is None where it names one that is built in, or none."""

    name: str
    document: Document | None
    departures: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """In a sentence for signers."""
        signed = self.document
        named = presets.called(signed.title, signed.number, signed.digest) if signed is not None else None
        return presets.made(self.name, named, list(self.departures))


def body(preset: Document) -> PresetBody:
    """Return what a preset says."""
    found: PresetBody = docs.model_body(preset, PresetBody)
    return found


def preview(plan: ThresholdsBody, preset: Document | None) -> Made:
    """Return what a draft is made from, and where it departs."""
    said = body(preset) if preset is not None else BUILT_IN.get(plan.preset)
    return Made(plan.preset, preset, tuple(departures(plan, said)) if said is not None else ())


def made(thresholds: Document) -> Made:
    """Return what the thresholds of a plan were made from, and where they depart."""
    plan: ThresholdsBody = docs.model_body(thresholds, ThresholdsBody)
    return preview(plan, docs.linked_one(thresholds, ROLE))


def answer(found: Made | None, standing: InForce | None) -> Answer:
    """Return whether a plan is what its preset says, and a signed one stands; that no preset is signed is no fault."""
    expected = "no threshold looser than the preset it was made from"
    who = ROLES[COMPLIANCE_OFFICER]
    if found is None:
        return Answer(True, "there are no thresholds", expected)
    if found.document is not None and (standing is None or not standing.ok):
        told = f"{found.document} is not in force" + (f": {standing.standing.value}" if standing else "")
        return Answer(False, told, expected, "Have the preset signed, or make the plan from one that is.", who)
    remedy = "Sign that this plan may be looser, or fill it as the preset says."
    return Answer(not found.departures, found.words, expected, remedy, who)
