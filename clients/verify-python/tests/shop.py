"""A real account server, the people who use it, and verifiers of the backend ``orders``."""

import json
import os
import re
import subprocess
import threading
import urllib.request
import uuid
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from following import Following, eventually, following

from marbelle_verify import VerifierOptions

ISSUER = "https://shop.example"
PASSWORD = "a long walk by the sea"
REPOSITORY = Path(__file__).resolve().parents[3]
BINARY = Path(
    os.environ.get("MARBELLE_BIN")
    or REPOSITORY.joinpath(os.environ.get("CARGO_TARGET_DIR", "target"), "debug", "marbelle")
)

# No test is about how often something may be done.
_SETTINGS = {
    "MARBELLE_LISTEN": "127.0.0.1:0",
    "MARBELLE_LIMITS__SIGN_IN_PER_MINUTE": "100000",
    "MARBELLE_LIMITS__TOKEN_PER_MINUTE": "100000",
    "MARBELLE_LIMITS__CALLS_PER_SECOND": "10000",
    "MARBELLE_LIMITS__WRITES_PER_MINUTE": "100000",
    "MARBELLE_LIMITS__REFUSALS_PER_MINUTE": "100000",
    "MARBELLE_LIMITS__PASSWORD_CHANGES_PER_HOUR": "100000",
    "MARBELLE_SWEEP_PERIOD": "200ms",
    "MARBELLE_TOKEN_BACKENDS": "orders, search",
    "MARBELLE_TOKEN_ISSUER": ISSUER,
}


@dataclass
class Session:
    """A session of somebody."""

    shop: "Shop"
    access_token: str
    id: str
    user_id: str

    def token_for(self, audience: str) -> str:
        token: str = self.shop.call("session.access_token", {"audience": audience}, self.access_token)["access_token"]
        return token

    def logout(self) -> None:
        self.shop.call("auth.logout", {"scope": "local"}, self.access_token)


class Shop:
    """The server, in a folder of its own."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="marbelle-")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MARBELLE_")}
        self._environment = inherited | _SETTINGS | {"MARBELLE_DATA_DIR": self._folder.name}
        self._verifiers: list[Following] = []
        self._server = subprocess.Popen(
            [BINARY, "serve"],
            cwd=self._folder.name,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.url = self._await_listening()

    def _await_listening(self) -> str:
        assert self._server.stdout
        said = ""
        for line in self._server.stdout:
            if found := re.search(r"listening on (http://[\w.:]+)", line):
                # The server blocks when its log is not read.
                threading.Thread(target=self._read_log).start()
                return found[1]
            said += line
        raise AssertionError(f"the server did not start: {said}")

    def _read_log(self) -> None:
        assert self._server.stdout
        with self._server.stdout as log:
            log.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for verifier in self._verifiers:
            verifier.close()
        self._server.kill()
        self._server.wait()
        self._folder.cleanup()

    def command(self, *command: str) -> str:
        """Runs a command beside the server."""
        done = subprocess.run(
            [BINARY, *command], cwd=self._folder.name, env=self._environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def key(self, scope: str = "tokens:verify") -> str:
        return self.command("key", "create", f"orders {uuid.uuid4()}", "--scope", scope)

    def options(self, **options: Any) -> VerifierOptions:
        options.setdefault("url", self.url)
        if "service_key" not in options:
            options["service_key"] = self.key()
        options.setdefault("issuer", ISSUER)
        return VerifierOptions(audience="orders", **options)

    def verifier(self, kind: str = "threads", **options: Any) -> Following:
        """A verifier that follows this server, and is not ready yet."""
        verifier = following(kind, self.options(**options))
        self._verifiers.append(verifier)
        return verifier

    def call(self, method: str, params: dict[str, Any], token: str | None = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/rpc", body, headers)) as response:
            answer = json.load(response)
        assert "error" not in answer, f"{method}: {answer}"
        return answer["result"]

    def register(self) -> str:
        """Somebody who has just registered, by the address."""
        email = f"ann.{uuid.uuid4()}@example.org"
        self.call("auth.register", {"email": email, "password": PASSWORD, "first_name": "Ann"})
        token = eventually(lambda: self._mailed_token(email))
        self.call("auth.verify_email", {"token": token, "password": PASSWORD})
        return email

    def _mailed_token(self, email: str) -> str:
        for letter in Path(self._folder.name, "mail").glob("*.eml"):
            text = letter.read_text().replace("=\n", "").replace("=3D", "=")
            found = re.search(r"/verify-email\?token=([\w-]+)", text)
            if email in text and found:
                return found[1]
        raise AssertionError(f"no letter to {email}")

    def sign_in(self, email: str) -> Session:
        signed_in = self.call("auth.login", {"email": email, "password": PASSWORD})
        return Session(self, signed_in["access_token"], signed_in["session"]["id"], signed_in["profile"]["id"])
