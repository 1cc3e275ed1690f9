"""Template tags for the answers of an evaluation: what became of them, and the figures beside them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evals import reports, samples
from evals.engine.spec import Case
from evals.engine.words import Demand, amount
from evals.selectors import candidates, cases
from evals.selectors.failures import Answer
from governance import registry
from governance.models import Document
from governance.selectors import documents as docs
from governance.selectors.samples import hidden
from governance.web.tags import state

register = template.Library()

WIDTH = 64
OUTCOMES = {
    "passed": ("passed", "ok", "check-circle-fill"),
    "failed": ("failed", "bad", "x-circle-fill"),
    "unparsed": ("unreadable", "bad", "x-circle-fill"),
    "missing": ("missing", "wait", "question-circle"),
}


@register.simple_tag
def bar(share: float) -> SafeString:
    """Draw a share as a bar; its words stand beside it."""
    return format_html(
        '<svg class="bar" viewBox="0 0 {w} 6" aria-hidden="true" focusable="false">'
        '<rect class="bar-all" width="{w}" height="6" rx="3"></rect>'
        '<rect class="bar-part" width="{part}" height="6" rx="3"></rect></svg>',
        w=WIDTH,
        part=f"{min(max(share, 0.0), 1.0) * WIDTH:.1f}",
    )


@register.simple_tag
def outcome(name: str) -> SafeString:
    """Draw what became of an answer."""
    return state(*OUTCOMES[name])


@register.filter
def shown(case: Case) -> registry.Case:
    """A case as people read it."""
    return samples.shown(case)


@register.filter
def marked_for(answer: Answer, marks: Mapping[str, list[str]]) -> str:
    """What an answer is marked for, in words."""
    uses = marks.get(candidates.answer_name(answer.result, answer.looked.case, answer.looked.repeat), ())
    return f"marked as a {' and a '.join(candidates.USES[use] for use in uses)}" if uses else ""


@register.filter
def purpose(evaluation_set: Document) -> str:
    """Whether a set is a holdout or for development."""
    return cases.body(evaluation_set).purpose


@register.filter
def figure(value: str | None) -> str:
    """A decimal in at most three places."""
    return reports.figure(value)


@register.filter
def seconds(value: str) -> str:
    """A time in the unit it is read best in."""
    found = Decimal(value)
    return f"{found * 1000:.0f} ms" if found < 1 else f"{found:.2f} s"


@register.filter
def measured(line: Mapping[str, Any]) -> str:
    """What a verdict's line measured, in the unit of its metric."""
    return amount(Demand.of(line), Decimal(line["value"]))


@register.filter
def compared(line: Mapping[str, Any]) -> str:
    """What a verdict's line was compared with, in the unit of its metric."""
    demand = Demand.of(line)
    return f"{demand.other}: {amount(Demand(demand.metric, demand.slice, 'absolute', '0'), Decimal(line['baseline']))}"


@register.simple_tag(takes_context=True)
def result_acts(context: Context, result: Document) -> dict[str, bool]:
    """What somebody may do with a result whose cases are not kept from them."""
    user = context["request"].user
    spec = docs.linked_one(result, "spec")
    evaluation_set = docs.linked_one(spec, "evaluation_set") if spec else None
    seen = evaluation_set is not None and not hidden(user, evaluation_set)
    return {"cases": seen, "what_if": seen and docs.envelope(result).body["verdict"] is not None}
