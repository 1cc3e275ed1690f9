"""What the gate asks of a base model's life: whether it lasts, can be restored, and can be trained on while needed."""

from dataclasses import dataclass
from datetime import date

from governance.access import ENGINEER, OWNER, ROLES
from governance.gates import Answer
from training.lifecycle.model import Seen


@dataclass(frozen=True)
class LifeFacts:
    """What is known of a base model on a day, by the words that retirement risk counts.

    `ends` and `training_ends` are the earliest current words. `stale`: not every channel has a date of its end from a
    source read in time, `training_stale`: the word in `training_ends` was not; `withdrawn` names sources that gave a
    date of its end and give none any more. `drilled_on` is the last passed restore drill of exactly its files, and
    `fault` what a later one found wrong; `identity` is what is on record of a hosted one; `fallback`: a signed plan
    covers it in this project, and its drills do not speak against it; `fallback_weakness`: what speaks against one.
    """

    today: date
    need_until: date | None
    ends: Seen | None
    stale: bool
    withdrawn: tuple[str, ...]
    training_ends: Seen | None
    training_stale: bool
    hosted: bool
    identity: str
    drilled_on: date | None
    fault: str
    fallback: bool
    fallback_weakness: str = ""


def useful_life(facts: LifeFacts) -> Answer:
    """Return whether it is known to serve as long as it is needed. Unknown is not a yes, and neither is stale."""
    until = str(facts.need_until or "the need ends")
    remedy = "Record what its vendor announced, or have a fallback plan signed and the use case's need brought in line."
    if facts.withdrawn:
        found = f"unknown: {', '.join(facts.withdrawn)} gave a date and gives none any more"
        return Answer(False, found, f"known to last until {until}", remedy, ROLES[OWNER])
    if facts.ends is None or facts.ends.date is None:
        expected = f"known to last until {until}"
        if not facts.hosted and facts.drilled_on is not None and not facts.fault:
            return Answer(True, f"no end is known; its weights were restored on {facts.drilled_on}", expected)
        found = "unknown: no retirement date is on record"
        missing = "" if facts.hosted else f", and {facts.fault or 'no restore drill of its weights passed'}"
        return Answer(False, f"{found}{missing}", expected, remedy, ROLES[OWNER])
    said = f"it is lost on {facts.ends.date}, says {facts.ends.source}"
    if facts.ends.precision != "exact":
        said += f" ({facts.ends.precision})"
    expected = f"a word read in time that it lasts until {until}"
    if facts.stale:
        found = f"{said}; not every channel has a date that was read in time, the others too long ago or never"
        return Answer(False, found, expected, "Read the sources again.", ROLES[OWNER])
    if facts.need_until is None:
        found = f"{said}; until when it is needed is not stated"
        return Answer(False, found, expected, "Say in the use case until when it is needed.", ROLES[OWNER])
    lasts = facts.ends.date >= facts.need_until and facts.ends.date > facts.today
    return Answer(lasts, said, expected, remedy, ROLES[OWNER])


def custody(facts: LifeFacts) -> Answer:
    """Return whether its weights could be had again; of a hosted one, whether it is on record which one answers."""
    if facts.hosted:
        expected = "provider, snapshot, region and day observed of the hosted model"
        remedy = "State them in the base model's next version."
        return Answer(bool(facts.identity), facts.identity or "not on record", expected, remedy, ROLES[OWNER])
    expected = "a restore drill of exactly these files that passed"
    if facts.drilled_on is None or facts.fault:
        return Answer(False, facts.fault or "none passed", expected, "Have one run from the backup.", ROLES[ENGINEER])
    return Answer(True, f"restored on {facts.drilled_on}", expected)


def trainable(facts: LifeFacts) -> Answer:
    """Return whether it can be trained on again as long as it is needed, or a signed plan says what is done then."""
    expected = "training on it possible as long as it is needed, or a practised fallback plan in force for it"
    if facts.training_ends is None or facts.training_ends.date is None:
        if not facts.hosted:
            return Answer(True, "no source says that training on it ends", expected)
        found = "unknown: no source says until when it can be trained on"
    else:
        said, day = f"says {facts.training_ends.source}", facts.training_ends.date
        lasts = facts.need_until is not None and day >= facts.need_until
        if lasts and not facts.training_stale:
            return Answer(True, f"until {day}, {said}", expected)
        found = f"{'until' if lasts else 'it cannot be trained on from'} {day}, {said}"
        found += ", which was read too long ago" if facts.training_stale else ""
    if facts.fallback:
        return Answer(True, f"{found}; a fallback plan in force covers it", expected)
    if facts.fallback_weakness:
        found = f"{found}; there is a fallback plan in force, but {facts.fallback_weakness}"
        return Answer(False, found, expected, "Practise the plan, or have another signed.", ROLES[OWNER])
    return Answer(False, found, expected, "Have a fallback plan signed.", ROLES[OWNER])
