"""The keys' page: which key signs what, since when, and what became of it. No key is ever used from here."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance import access
from governance.proof.formats.keyring import valid_until
from governance.selectors import keys as select
from governance.selectors.statements import fallen
from governance.web.requests import Request, signed_in


@require_safe
@signed_in
def keys(request: Request) -> HttpResponse:
    """The keyring in force, key by key, its versions, and the signatures that a compromise brought down."""
    access.require(request.user, "keys.read", None)
    ring = select.keyring()
    context = {
        "ring": ring,
        "keys": [
            {
                "entry": each.entry,
                "state": each.state,
                "expires": valid_until(each.entry.certificate) if each.entry.certificate else None,
            }
            for each in select.held()
        ],
        "versions": sorted(select.published(), key=lambda each: -each.number),
        "fingerprints": [root.key.fingerprint for root in (ring.root, *ring.former_roots)],
        "fallen": fallen(),
    }
    return render(request, "governance/keys.html", context)


@require_safe
@signed_in
def keyrings(request: Request) -> HttpResponse:
    """Every version of the keyring, one envelope a line: what `countersign verify --keyrings` reads."""
    access.require(request.user, "keys.read", None)
    content = b"".join(envelope + b"\n" for envelope in select.envelopes())
    response = HttpResponse(content, content_type="application/jsonl")
    response["Content-Disposition"] = 'attachment; filename="keyrings.jsonl"'
    return response
