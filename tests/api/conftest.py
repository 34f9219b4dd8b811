"""What the tests of the api room share: a scripted service, and a sandbox with a client on it."""

from collections.abc import Callable, Iterator

import pytest

from drkit.api import Client, open_client, sandbox_profile
from drkit.sandbox import Sandbox
from tests.api.scripted import Reply, Service


@pytest.fixture
def scripted() -> Iterator[Callable[..., Service]]:
    made: list[Service] = []

    def make(*replies: Reply) -> Service:
        made.append(Service(*replies))
        return made[-1]

    yield make
    for each in made:
        each.transport.close()


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox("demo", speed=1.0)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with open_client(sandbox_profile(sandbox.access), inner=sandbox.transport()) as opened:
        yield opened
