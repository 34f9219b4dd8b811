"""The requests of drkit's client beside those of the vendor's own clients, over the same practice range."""

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from drkit.api import Client, open_client, sandbox_profile
from drkit.errors import DrkitError
from drkit.model import Change, Operation
from drkit.sandbox import Sandbox, running
from drkit.sandbox.answers import Answer
from tests.api.witnessed import CHANGES, GROUP, OF_OTHERS, READS, SILENT, Line
from tests.sandbox.test_sandbox_huawei_witness import Vendor, home
from tests.sandbox.test_sandbox_openstack_witness import Cloud

__all__ = ["home"]  # a fixture of the witness before
pytestmark = [
    pytest.mark.slow,  # the clients take seconds to load
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning"),
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK60Warning"),
]

Heard = tuple[str, str, list[tuple[str, str]], object]
"""A request as a service hears it: method, path, query in any order, body."""


class Listening(Sandbox):
    """A practice range that keeps what it was asked within the project."""

    def __init__(self) -> None:
        super().__init__("empty")
        self.heard: list[Heard] = []

    def handle(
        self, method: str, path: str, query: bytes | str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        if f"/{self.access['project_id']}/" in path:
            text = query.decode() if isinstance(query, bytes) else query
            asked = sorted(parse_qsl(text, keep_blank_values=True))
            self.heard.append((method, path, asked, json.loads(body) if body else None))
        return super().handle(method, path, query, headers, body)


@dataclass
class Three:
    """The three clients, signed in to one practice range."""

    sandbox: Listening
    ours: Client
    huawei: Vendor
    otc: Cloud
    errors: tuple[type[Exception], ...] = field(default=(DrkitError,))

    def first(self, asking: Callable[[], object]) -> Heard:
        """The first request that comes of a call; that it is refused in an empty project is no matter."""
        self.sandbox.heard.clear()
        with suppress(*self.errors):
            asking()
        return self.sandbox.heard[0]


@pytest.fixture(scope="module")
def three(home: Path) -> Iterator[Three]:
    with running(Listening()) as sandbox, open_client(sandbox_profile(sandbox.access)) as ours:
        assert isinstance(sandbox, Listening)
        cloud = Cloud(sandbox)
        errors = (
            DrkitError,
            importlib.import_module("huaweicloudsdkcore.exceptions.exceptions").SdkException,
            importlib.import_module("openstack.exceptions").SDKException,
            importlib.import_module("keystoneauth1.exceptions.base").ClientException,
        )
        yield Three(sandbox, ours, Vendor(sandbox), cloud, errors)
        cloud.connection.close()


def compare(three: Three, line: Line, ours: Heard) -> None:
    for asking, why, client in (
        (line.huawei, line.huawei_why, three.huawei),
        (line.otc, line.otc_why, three.otc),
    ):
        if asking is None:
            assert why, "no client asks as drkit does, and the line does not say why"
            continue
        theirs = three.first(lambda asking=asking, client=client: asking(client))  # type: ignore[misc]  # its own client
        if why:
            assert theirs != ours, f"they ask alike by now; take back: {why}"
        else:
            assert theirs == ours


@pytest.mark.parametrize("operation", list(Operation))
def test_a_change_is_asked_for_as_the_others_do(three: Three, operation: Operation) -> None:
    line = CHANGES[operation.value]
    assert isinstance(line.ours, dict)
    change = Change.of(operation, GROUP, **line.ours)
    compare(three, line, three.first(lambda: three.ours.submit(change)))


@pytest.mark.parametrize("method", [name for name in READS if hasattr(Client, name)])
def test_a_reading_is_asked_for_as_the_others_do(three: Three, method: str) -> None:
    line = READS[method]
    assert callable(line.ours)
    ask = line.ours
    compare(three, line, three.first(lambda: ask(three.ours)))


def test_every_reading_of_the_client_has_its_line() -> None:
    methods = {name for name in vars(Client) if not name.startswith("_")}
    assert methods - OF_OTHERS - SILENT <= READS.keys(), "write its line into tests/api/witnessed.py"


def test_every_change_of_the_client_has_its_line() -> None:
    assert {each.value for each in Operation} <= CHANGES.keys(), "write its line into tests/api/witnessed.py"
