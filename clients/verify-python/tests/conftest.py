"""A server for all tests, and both kinds of verifiers."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from following import KINDS
from shop import REPOSITORY, Shop


@pytest.fixture(scope="session")
def binary() -> None:
    """The server's program is built, unless MARBELLE_BIN names one."""
    if "MARBELLE_BIN" not in os.environ:
        subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=REPOSITORY, check=True)


@pytest.fixture(scope="session")
def shop(binary: None) -> Iterator[Shop]:
    with Shop() as shop:
        yield shop


@pytest.fixture(scope="session")
def email(shop: Shop) -> str:
    return shop.register()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)
