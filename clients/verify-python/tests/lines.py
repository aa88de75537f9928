"""Verifies the tokens on standard input, one a line, and says of each what it is, in a line of JSON."""

import json
import os
import sys
from typing import Any

from marbelle_verify import TokenRefused, Verifier, VerifierOptions, VerifierUnavailable


def verdict(verifier: Verifier, token: str) -> dict[str, Any]:
    try:
        claims = verifier.verify(token)
    except TokenRefused as error:
        return {"code": error.code, "reason": error.reason}
    except VerifierUnavailable as error:
        return {"code": error.code, "reason": None}
    return {"user_id": claims.user_id, "version": claims.version}


def main() -> None:
    options = VerifierOptions(
        url=os.environ["ACCOUNTS_URL"],
        service_url=os.environ["ACCOUNTS_SERVICE_URL"],
        service_key=os.environ["ACCOUNTS_SERVICE_KEY"],
        issuer=os.environ["ACCOUNTS_ISSUER"],
        audience=os.environ["ACCOUNTS_AUDIENCE"],
    )
    with Verifier(options) as verifier:
        verifier.ready()
        print('"ready"', flush=True)
        for line in sys.stdin:
            print(json.dumps(verdict(verifier, line.strip())), flush=True)


main()
