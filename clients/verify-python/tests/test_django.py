"""The example of examples/django, behind the real server: by WSGI in a process of its own, and by ASGI."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import pytest
from django.test import AsyncClient, RequestFactory, override_settings
from django.test.utils import setup_test_environment, teardown_test_environment
from following import PATIENCE, eventually
from shop import ISSUER, Shop
from wire import Wire

from marbelle_verify import django as middleware

PROJECT = Path(__file__).resolve().parents[1]
CHALLENGE = 'Bearer error="invalid_token", error_description="{}"'


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


class Backend:
    """The example, run as its developer would."""

    def __init__(self, environment: dict[str, str]) -> None:
        example = PROJECT / "examples" / "django"
        self._process = subprocess.Popen(
            [sys.executable, "-u", example / "manage.py", "runserver", "--noreload", "127.0.0.1:0"],
            cwd=example,
            env=os.environ | environment | {"PYTHONPATH": str(PROJECT / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.url = self._await_listening()

    def _await_listening(self) -> str:
        assert self._process.stdout
        said = ""
        for line in self._process.stdout:
            if found := re.search(r"server at (http://[\w.:]+)", line):
                threading.Thread(target=self._read_log).start()
                return found[1]
            said += line
        raise AssertionError(f"the example did not start: {said}")

    def _read_log(self) -> None:
        assert self._process.stdout
        with self._process.stdout as log:
            log.read()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def ask(self, path: str, authorization: str | None = None, method: str = "GET") -> Answer:
        headers = {"Authorization": authorization} if authorization else {}
        request = urllib.request.Request(self.url + path, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request) as response:
                return Answer(response.status, dict(response.headers), json.load(response))
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
                is_json = error.headers.get_content_type() == "application/json"
                return Answer(error.code, dict(error.headers), json.loads(text) if is_json else text)


def environment(shop: Shop) -> dict[str, str]:
    return {"ACCOUNTS_URL": shop.url, "ACCOUNTS_SERVICE_KEY": shop.key(), "ACCOUNTS_ISSUER": ISSUER}


@pytest.fixture(scope="module")
def backend(shop: Shop) -> Iterator[Backend]:
    backend = Backend(environment(shop))
    yield backend
    backend.end()


@pytest.mark.parametrize("path", ["/orders", "/orders/count"])
def test_a_call_is_served_and_refused_after_the_logout(shop: Shop, email: str, backend: Backend, path: str) -> None:
    session = shop.sign_in(email)
    authorization = f"Bearer {session.token_for('orders')}"
    for method in ("GET", "POST"):
        # A POST too: no CSRF token is asked of who calls by bearer token.
        served = backend.ask(path, authorization, method)
        assert (served.status, served.body["user_id"]) == (200, session.user_id)

    session.logout()

    def refusal() -> Answer:
        answer = backend.ask(path, authorization)
        assert answer.status == 401
        return answer

    refused = eventually(refusal)
    assert refused.body == {"error": "session_ended"}
    assert refused.headers["WWW-Authenticate"] == CHALLENGE.format("session_ended")


@pytest.mark.parametrize("authorization", [None, "Basic YTpi", "Bearer", "Bearer  "])
def test_a_call_without_a_token_is_asked_for_one(backend: Backend, authorization: str | None) -> None:
    for path in ("/orders", "/orders/count"):
        answer = backend.ask(path, authorization)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_bad_token_is_refused_wherever_it_goes(shop: Shop, email: str, backend: Backend) -> None:
    for token in ("eyJ", shop.sign_in(email).access_token, "a b", "\xe9"):
        for path in ("/orders", "/healthz"):
            answer = backend.ask(path, f"bearer {token}")
            assert (answer.status, answer.body) == (401, {"error": "invalid"})
            assert answer.headers["WWW-Authenticate"] == CHALLENGE.format("invalid")


def test_what_cannot_be_told_is_503_in_the_health_check_too(shop: Shop, email: str) -> None:
    token = shop.sign_in(email).token_for("orders")
    with Wire(shop.url) as wire:
        backend = Backend(environment(shop) | {"ACCOUNTS_SERVICE_URL": wire.url, "ACCOUNTS_MAX_FEED_AGE": "1"})
        assert backend.ask("/orders", f"Bearer {token}").status == 200
        health = backend.ask("/healthz")
        assert (health.status, health.body["ok"]) == (200, True)
        wire.cut()

        def closed() -> Answer:
            answer = backend.ask("/orders", f"Bearer {token}")
            assert answer.status == 503
            return answer

        answer = eventually(closed)
        assert (answer.body, answer.headers["Retry-After"]) == ({"error": "feed_stale"}, "1")
        health = backend.ask("/healthz")
        assert (health.status, health.body["ok"], len(health.body["errors"])) == (503, False, 1)
        backend.end()


def test_by_asgi_too(shop: Shop, email: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"DJANGO_SETTINGS_MODULE": "settings", **environment(shop)}.items():
        monkeypatch.setenv(name, value)
    django.setup()
    setup_test_environment()
    session = shop.sign_in(email)
    headers = {"Authorization": f"Bearer {session.token_for('orders')}"}

    async def calls() -> None:
        client = AsyncClient()
        for path in ("/orders", "/orders/count"):
            served = await client.get(path, headers=headers)
            assert (served.status_code, served.json()["user_id"]) == (200, session.user_id)
            assert (await client.get(path)).status_code == 401
        session.logout()
        async with asyncio.timeout(PATIENCE):
            while (refused := await client.get("/orders", headers=headers)).status_code == 200:
                pass
        assert (refused.status_code, refused.json()) == (401, {"error": "session_ended"})

    asyncio.run(calls())
    with override_settings(MARBELLE_VERIFY={}), pytest.raises(TypeError, match="'url', 'service_key'"):
        middleware.access_token_middleware(lambda _request: None)
    with pytest.raises(RuntimeError, match="lacks token_required"):
        middleware.caller_of(RequestFactory().get("/orders"))
    middleware.get_verifier().close()
    teardown_test_environment()
