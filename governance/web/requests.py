"""What every page's view is given: a request by somebody who has signed in."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from governance.models import User

P = ParamSpec("P")


class Request(HttpRequest):
    """A request by a person; `htmx` says whether only a fragment is asked for."""

    user: User  # `signed_in` has seen to it
    htmx: HtmxDetails


def signed_in(
    view: Callable[Concatenate[Request, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let only people through who have signed in; an htmx request moves the whole page to the sign-in form."""

    @wraps(view)
    def door(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            if request.headers.get("HX-Request"):
                return HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
            return redirect_to_login(request.get_full_path())
        response = view(cast("Request", request), *args, **kwargs)
        if isinstance(response, HttpResponse) and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)  # what one person may see must not come back for the next
        return response

    return door
