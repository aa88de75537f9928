"""Django: a middleware for access tokens, and its interface for views.

``settings.MARBELLE_VERIFY`` is a dictionary of the fields of :class:`marbelle_verify.VerifierOptions`.
"""

import asyncio
import functools
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.decorators import sync_and_async_middleware

from .errors import TokenRefused, VerifierUnavailable
from .options import VerifierOptions
from .tokens import Claims
from .verifier import Verifier

# The number of seconds that the first request of a process waits for keys and revocations.
_FIRST = 5.0

_View = TypeVar("_View", bound=Callable[..., Any])

_making = threading.Lock()
# With the process that it belongs to: a forked process does not have its parent's thread.
_made: tuple[int, Verifier] | None = None


def get_verifier() -> Verifier:
    """The process's verifier, mainly for its ``health()``. The first call waits some seconds until it is ready."""
    global _made
    with _making:
        if (verifier := _present()) is None:
            verifier = Verifier(_options()).start()
            # If it does not get ready, requests with a token are answered 503; others need no verifier.
            with suppress(VerifierUnavailable):
                verifier.ready(_FIRST)
            _made = (os.getpid(), verifier)
        return verifier


def caller_of(request: HttpRequest) -> Claims:
    """The caller of the request, in a view with :func:`token_required`."""
    caller = _caller(request)
    if caller is None:
        raise RuntimeError("this view lacks token_required")
    return caller


def token_required(view: _View) -> _View:
    """Answers 401 to requests without a token; others have passed :func:`access_token_middleware`.

    The view is exempt from Django's CSRF check: browsers send no ``Authorization: Bearer`` unasked.
    """
    if iscoroutinefunction(view):

        @functools.wraps(view)
        async def required(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return await view(request, *args, **kwargs) if _caller(request) else _refusal("missing")

    else:

        @functools.wraps(view)
        def required(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return view(request, *args, **kwargs) if _caller(request) else _refusal("missing")

    required.csrf_exempt = True  # type: ignore[attr-defined]
    return cast(_View, required)


@sync_and_async_middleware
def access_token_middleware(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Authenticates the caller by ``Authorization: Bearer``. Answers 401 for a bad token, 503 if unverifiable."""
    # A fault in the settings is reported when the server starts.
    _options()
    if iscoroutinefunction(get_response):

        async def identify_async(request: HttpRequest) -> HttpResponseBase:
            if (token := _bearer(request)) is None:
                return cast(HttpResponseBase, await get_response(request))
            verifier = _present()
            if verifier is None:
                verifier = await asyncio.to_thread(get_verifier)
            return _identify(request, token, verifier) or await get_response(request)

        return identify_async

    def identify(request: HttpRequest) -> HttpResponseBase:
        if (token := _bearer(request)) is None:
            return cast(HttpResponseBase, get_response(request))
        return _identify(request, token, _present() or get_verifier()) or get_response(request)

    return identify


def _options() -> VerifierOptions:
    return VerifierOptions(**settings.MARBELLE_VERIFY)


def _present() -> Verifier | None:
    made = _made
    return made[1] if made is not None and made[0] == os.getpid() else None


def _caller(request: HttpRequest) -> Claims | None:
    return getattr(request, "_marbelle_caller", None)


def _bearer(request: HttpRequest) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _identify(request: HttpRequest, token: str, verifier: Verifier) -> HttpResponseBase | None:
    try:
        request._marbelle_caller = verifier.verify(token)  # type: ignore[attr-defined]
    except TokenRefused as error:
        return _refusal(error.code)
    except VerifierUnavailable as error:
        headers = {"Retry-After": "1", "Cache-Control": "no-store"}
        return JsonResponse({"error": error.code}, status=503, headers=headers)
    return None


def _refusal(code: str) -> HttpResponseBase:
    # RFC 6750 §3.1: a request without a token gets no error code.
    challenge = "Bearer" if code == "missing" else f'Bearer error="invalid_token", error_description="{code}"'
    headers = {"WWW-Authenticate": challenge, "Cache-Control": "no-store"}
    return JsonResponse({"error": code}, status=401, headers=headers)
