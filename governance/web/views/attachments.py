"""Supporting files of documents: attached on a page, and only ever handed out as a download."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from governance.downloads import sandboxed
from governance.errors import Invalid, NotFound
from governance.models import Attachment
from governance.selectors import attachments as select
from governance.selectors import documents as docs
from governance.services import attachments as service
from governance.services import disposal
from governance.web.forms.proof import proof_in
from governance.web.requests import Request, signed_in


@require_POST
@signed_in
def attach(request: Request, digest: str) -> HttpResponse:
    """Attach a file to a document."""
    found = docs.get(request.user, digest)
    upload = request.FILES.get("file")
    if upload is None:
        raise Invalid("file", "found none, expected a file")
    service.attach(actor=request.user, document=found, name=upload.name or "", chunks=upload.chunks())
    messages.success(request, "The file is attached.")
    return redirect("document", found.digest)


@require_safe
@signed_in
def download(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """The file as it was attached, hashed again: never shown, only saved."""
    row = Attachment.objects.select_related("document", "by").filter(pk=identifier).first()
    if row is None or not docs.visible(request.user).filter(pk=row.document_id).exists():
        raise NotFound("there is no such file")
    return sandboxed(select.content(row))


@require_POST
@signed_in
def carry_out(request: Request, digest: str) -> HttpResponse:
    """Carry a signed disposal out."""
    found = docs.get(request.user, digest)
    done = disposal.carry_out(actor=request.user, document=found, proof=proof_in(request.POST))
    messages.success(request, f"Carried out: {done} went." if done else "Nothing was left to do.")
    return redirect("document", found.digest)
