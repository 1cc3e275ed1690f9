"""What the policies in force say beyond who signs: weights of checks, attempts, and how a role is to sign."""

from collections.abc import Iterable
from datetime import datetime

from governance import policy, registry
from governance.models import Document, Project, SignoffRequest
from governance.proof.answers.quorum import METHODS
from governance.selectors import documents as docs
from governance.selectors import signoff


def governing(
    project: Project | None, ledger_size: int | None = None, time: datetime | None = None
) -> policy.PolicyBody | None:
    """Return what the policy of a project said at a ledger size and time (default: now); None before the first."""
    found = signoff.policy_in_force(project, ledger_size, time)
    return docs.model_body(found, policy.PolicyBody) if found else None


def weights(project: Project | None, ledger_size: int | None = None, time: datetime | None = None) -> dict[str, str]:
    """Return the weights the policy gives the checks; those it does not name keep their own."""
    found = governing(project, ledger_size, time)
    return found.weights() if found else {}


def period(name: str, project: Project | None = None, ledger_size: int | None = None) -> int:
    """Return how many days a registered period is by the policy of a project (None: the organisation's)."""
    found = governing(project, ledger_size)
    return (found.periods if found else {}).get(name, registry.PERIODS[name].days)


def max_attempts(project: Project | None) -> int:
    """Return how many attempts of an unchanged job the policy in force allows."""
    found = governing(project)
    return found.max_attempts if found else 1


def method_of(role: str, project: Project | None) -> str:
    """Return the strongest method that policies ask of a role's signatures in a project, or (None) anywhere."""
    if project is None:
        family = Document.objects.filter(kind=policy.KIND)
        standing = signoff.in_force_many(family)
        bodies = [docs.model_body(d, policy.PolicyBody) for d in family if standing[d.digest].ok]
    else:
        found = governing(project)
        bodies = [found] if found else []
    return _strongest(rule.method for body in bodies for rule in body.rules.values() if role in rule.rule.asked)


def method_for(request: SignoffRequest, documents: Iterable[Document]) -> str:
    """Return the strongest method that the policy of a request asks of signatures on some of its documents."""
    return _strongest(signoff.signing_rule(request, kind).method for kind in {d.kind for d in documents})


def _strongest(methods: Iterable[str]) -> str:
    return max(methods, key=METHODS.index, default=METHODS[0])
