"""Template tags: the small parts that pages share, so that a digest, a standing or a time looks the same everywhere."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django import template
from django.db.models import Model
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from governance import access, events, policy_words, readable
from governance.gates import GROUPS
from governance.job_states import AttemptState, JobState
from governance.models import Passkey, SignoffRequest, User
from governance.proof.answers.inforce import InForce, Standing
from governance.proof.formats.fields import moment as parsed
from governance.proof.formats.fields import rfc3339
from governance.proof.words import difference_words
from governance.registry import KINDS, PURPOSES
from governance.selectors import accounts, passkeys
from governance.selectors.ceremonies import signing_rule
from governance.selectors.comments import section
from governance.web import curve
from governance.web.forms.proof import ProofForm

register = template.Library()

SPRITE = "vendor/bootstrap-icons/icons.svg"

# What a state looks like: a tone of the style sheet and an icon. The words are the state's own.
STANDINGS = {
    Standing.IN_FORCE: ("ok", "check-circle-fill"),
    Standing.NOT_REQUESTED: ("idle", "circle"),
    Standing.PENDING: ("wait", "hourglass-split"),
    Standing.REJECTED: ("bad", "x-circle-fill"),
    Standing.WITHDRAWN: ("idle", "dash-circle"),
    Standing.RAN_OUT: ("idle", "hourglass-bottom"),
    Standing.EXPIRED: ("wait", "clock-history"),
    Standing.LAPSED: ("bad", "calendar-x"),
    Standing.COMPROMISED: ("bad", "x-circle-fill"),
    Standing.REVOKED: ("bad", "ban"),
    Standing.SUPERSEDED: ("idle", "archive"),
    Standing.UNGOVERNED: ("idle", "dash-circle"),
}
JOBS = {
    JobState.ARMED: ("wait", "pause-circle"),
    JobState.QUEUED: ("wait", "hourglass-split"),
    JobState.RUNNING: ("run", "play-circle"),
    JobState.SUCCEEDED: ("ok", "check-circle-fill"),
    JobState.FAILED: ("bad", "x-circle-fill"),
    JobState.REFUSED: ("bad", "shield-x"),
    JobState.LOST: ("bad", "question-circle"),
    JobState.CANCELLED: ("idle", "stop-circle"),
}
JOB_WORDS = {JobState.ARMED: "armed", JobState.QUEUED: "waiting for a permit", JobState.RUNNING: "running"}
ATTEMPTS = {
    AttemptState.ACCEPTED: ("ok", "check-circle-fill"),
    AttemptState.FAILED: ("bad", "x-circle-fill"),
    AttemptState.LOST: ("bad", "question-circle"),
    AttemptState.STOPPED: ("idle", "stop-circle"),
    AttemptState.EXPIRED: ("idle", "clock-history"),
}
REPORTS = {
    "requested": ("wait", "hourglass-split"),
    "ready": ("ok", "check-circle-fill"),
    "failed": ("bad", "x-circle-fill"),
}
VERDICTS = {
    "PASS": ("ok", "check-circle-fill"),
    "FAIL": ("bad", "x-circle-fill"),
    "INCONCLUSIVE": ("wait", "question-circle"),
    "ok": ("ok", "check-circle-fill"),
    "warn": ("wait", "exclamation-triangle-fill"),
    "fail": ("bad", "x-circle-fill"),
}
KEY_USES = {
    "root": "vouches for the others",
    "log": "signs checkpoints of the ledger",
    "attestation": "signs sign-off statements and receipts",
    "permit": "signs permits",
    "seal": "seals reports",
}
OPINIONS = ("agree", "disagree", "unsure")
GROUP_TITLES = {"plan": "Plan", "data": "Data", "base": "Base model", "run": "Run"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon that says nothing to a screen reader: words stand beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>', static(SPRITE), name
    )


@register.simple_tag
def state(words: str, tone: str, symbol: str) -> SafeString:
    """Draw a state: icon, words and tone together, so that colour is never alone."""
    return format_html('<span class="state state-{}">{}<span>{}</span></span>', tone, icon(symbol), words)


@register.simple_tag
def standing(found: InForce | None) -> SafeString:
    """Draw a document's standing."""
    if found is None:
        return mark_safe("")
    tone, symbol = STANDINGS[found.standing]
    return state(found.standing.value, tone, symbol)


@register.simple_tag
def job_state(value: str) -> SafeString:
    """Draw a job's state."""
    known = JobState(value)
    tone, symbol = JOBS[known]
    return state(JOB_WORDS.get(known, known.label), tone, symbol)


@register.simple_tag
def attempt_state(value: str) -> SafeString:
    """Draw an attempt's state."""
    known = AttemptState(value)
    tone, symbol = ATTEMPTS.get(known, ("run", "play-circle"))
    return state(known.label, tone, symbol)


@register.simple_tag
def report_state(report: Any) -> SafeString:
    """Draw a report's state."""
    tone, symbol = REPORTS[report.state]
    return state(report.get_state_display(), tone, symbol)


@register.simple_tag
def report_name(report: Any) -> str:
    """The name of a report, as its first page says it."""
    from governance.reports.lineage import called

    return called(report)


@register.simple_tag
def verdict(value: str) -> SafeString:
    """Draw PASS, FAIL or INCONCLUSIVE, or a finding's ok, warn or fail."""
    tone, symbol = VERDICTS.get(value, ("idle", "circle"))
    return state(value, tone, symbol)


@register.simple_tag
def missing(roles: Any) -> str:
    """The signatures still needed, in words; takes a mapping or pairs of role and count."""
    pairs = roles.items() if hasattr(roles, "items") else roles
    return ", ".join(f"{count} × {role_label(role)}" for role, count in pairs)


@register.inclusion_tag("governance/_chart.html")
def line_chart(points: Any) -> dict[str, Any]:
    """Draw a run's figures as a line, with the same figures as a table beneath; nothing for fewer than two points."""
    return {"curve": curve.chart(points or [])}


@register.inclusion_tag("governance/_digest.html")
def digest(value: str, link: str = "", short: bool = True) -> dict[str, Any]:
    """Draw a digest, short by default, with a button that copies it whole; `link` names a page, "document" mostly."""
    bare = value.removeprefix("sha256:")
    shown = f"{bare[:8]}…{bare[-4:]}" if short and len(bare) > 16 else value
    return {"value": value, "shown": shown, "url": reverse(link, args=[value]) if link else ""}


@register.simple_tag
def moment(value: datetime | None, day: bool = False) -> SafeString:
    """Draw a time in UTC; the machine-readable form goes along."""
    if value is None:
        return mark_safe("")
    local = timezone.localtime(value)
    text = f"{local.day} {local:%b %Y}" if day else f"{local.day} {local:%b %Y, %H:%M} UTC"
    return format_html('<time datetime="{}">{}</time>', rfc3339(value), text)


@register.simple_tag
def moment_text(value: str | None, day: bool = True) -> SafeString:
    """Draw a time that is written down, by the day unless told otherwise."""
    return moment(parsed(value) if value else None, day=day)


@register.simple_tag
def unchanged(sections: Any) -> list[Any]:
    """The sections of a comparison in which nothing changed."""
    return [section for section in sections if not section["changes"]]


@register.simple_tag
def threads_at(threads: Any, place: str) -> Any:
    """The comments on a section of a document."""
    return (threads or {}).get(place, [])


@register.filter
def open_ones(threads: Any) -> int:
    """How many of these are questions that nobody answered."""
    return sum(thread.open for thread in threads)


@register.filter
def section_label(place: str) -> str:
    """A place in a document, in words: its section."""
    return difference_words.label(section(place))


@register.simple_tag
def opinion_on(typed: Any, digest_: str, number: int) -> dict[str, Any]:
    """What was filled in so far about a case of a sample."""
    key = f"{digest_}:{number}"
    typed = typed or {}
    return {
        "choices": OPINIONS,
        "opinion": typed.get(f"opinion:{key}", ""),
        "note": typed.get(f"note:{key}", ""),
    }


@register.simple_tag
def reviewed(one: Any) -> dict[str, int]:
    """How many cases a signer reviewed, and with how many they agreed, disagreed or were unsure."""
    given = [opinion.opinion for sample in one.said.samples for opinion in sample.opinions]
    return {"total": len(given)} | {opinion: given.count(opinion) for opinion in OPINIONS}


@register.simple_tag(takes_context=True)
def relied(context: Any, one: Any) -> str:
    """Whose signatures a signer relied on, in words."""
    names = context.get("relied_names") or {}
    return "; ".join(sorted(names.get(digest_, "a signature that is not stored") for digest_ in one.said.relied_on))


@register.filter
def kind_label(name: str) -> str:
    """A kind in words, such as "acceptance thresholds"."""
    known = KINDS.get(name)
    return known.label if known else name


@register.filter
def purpose_label(name: str) -> str:
    """A job's purpose in words."""
    known = PURPOSES.get(name)
    return known.label if known else name


@register.filter
def role_label(name: str) -> str:
    """A role in words."""
    return access.label(name)


@register.filter
def key_use(purpose: str) -> str:
    """What a key of a purpose signs, in words."""
    return KEY_USES.get(purpose, "")


@register.filter
def label(name: str) -> str:
    """A field's name in words."""
    return difference_words.label(name)


@register.filter
def event_label(name: str) -> str:
    """An event in words."""
    return events.WORDS.get(name, name)


@register.filter
def size(value: int | None) -> str:
    """A number of bytes, in words."""
    return "" if value is None else readable.file_size(value)


@register.filter
def member(mapping: Any, key: Any) -> Any:
    """Look a key up in a mapping; nothing if it is not there."""
    return mapping.get(key) if mapping else None


@register.filter
def policy_rules(body: Any) -> list[policy_words.RuleWords]:
    """The rules of a policy's body in words."""
    return policy_words.rules(body)


@register.filter
def policy_checks(body: Any) -> list[tuple[str, str, str]]:
    """The checks whose weight a policy's body sets: title, weight, where it is asked."""
    return policy_words.checks(body)


@register.filter
def policy_kept(body: Any) -> list[tuple[str, str]]:
    """How long a policy has things kept at least: label of the kind, period."""
    return policy_words.kept(body)


@register.filter
def policy_periods(body: Any) -> list[tuple[str, str]]:
    """The periods that a policy's body sets: what it is for, how long."""
    return policy_words.periods(body)


@register.filter
def soft_and_red(verdict_: Any) -> list[str]:
    """The soft checks that keep the gate closed: the ones a waiver could be asked for."""
    lines = (verdict_ or {}).get("checks", [])
    return [line["check"] for line in lines if line["blocks"] and line["weight"] == "soft"]


@register.filter
def checks_by_group(verdict_: Any) -> list[dict[str, Any]]:
    """Group the lines of a gate's verdict: what refuses first, then what warns, then what passed."""
    lines = (verdict_ or {}).get("checks", [])
    groups = []
    for name in GROUPS:
        mine = [line for line in lines if line["group"] == name]
        if mine:
            groups.append(
                {
                    "name": GROUP_TITLES[name],
                    "blocking": [line for line in mine if line["blocks"]],
                    "warning": [line for line in mine if not line["passed"] and not line["blocks"]],
                    "passed": [line for line in mine if line["passed"]],
                }
            )
    return groups


@register.simple_tag
def sign_with(request: SignoffRequest, user: User) -> dict[str, bool]:
    """Return what somebody could sign a request with: by their passkeys, their codes and what its policy asks.

    `passkey`: one of theirs counts. `waits`: one waits for a voucher. `password`: that will do for every document.
    `code`: they can give a one-time code. `code_asked`: without one the password does not do.
    """
    methods = set()
    for kind in set(request.subjects.values_list("document__kind", flat=True)):
        with suppress(KeyError):  # a policy that says nothing of a kind lets nobody sign it
            methods.add(signing_rule(request, kind).method)
    mine = passkeys.of(user)
    return {
        "passkey": any(one.counts for one in mine),
        "waits": any(one.waits for one in mine),
        "password": "passkey" not in methods,
        "code": accounts.has_codes(user),
        "code_asked": "password+totp" in methods,
    }


@register.simple_tag
def prove_with(user: User) -> dict[str, bool]:
    """Return what somebody could confirm an act with beside their password: a passkey, one-time codes. Two queries."""
    return {
        "passkey": Passkey.objects.filter(user=user, vouch__isnull=False, revocations=None).exists(),
        "code": accounts.has_codes(user),
    }


@register.simple_tag
def proof_form(about: Model) -> ProofForm:
    """Return the empty fields of a proof, with identifiers of their own on a page that asks about many things."""
    return ProofForm(auto_id=f"proof_{about._meta.model_name}_{about.pk}_%s")


@register.simple_tag
def passkeys_of(user: User) -> list[passkeys.Shown]:
    """Return somebody's passkeys for their account's page."""
    return passkeys.of(user)


@register.simple_tag
def passkeys_to_vouch_for(user: User) -> list[passkeys.Shown]:
    """Return the passkeys that wait for somebody's word."""
    return passkeys.waiting(user) if access.can(user, "passkey.vouch", None) else []
