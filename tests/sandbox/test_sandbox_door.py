"""What comes to the port of a sandbox and is let in, or not: pages in a browser, bent names, too much."""

import json
from collections.abc import Iterator

import httpx
import pytest
from starlette.datastructures import Headers

from drkit.api.transport import IDLE
from drkit.clock import SystemClock
from drkit.sandbox import Sandbox, running
from drkit.sandbox.core import ROUTER
from drkit.sandbox.http import KEEP_ALIVE, LARGEST, check_caller
from tests.sandbox.practice import password_sign_in


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running(Sandbox("empty")) as served:
        yield served


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """Somebody who has signed in."""
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        answer = client.post("/v3/auth/tokens", json=password_sign_in(sandbox.access))
        client.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
        yield client


def port(sandbox: Sandbox) -> str:
    return sandbox.url.rpartition(":")[2]


STATE = "/_sandbox/state"


@pytest.mark.parametrize("host", ["127.0.0.1:{}", "localhost:{}", "LocalHost:{}"])
def test_it_answers_to_its_own_address_and_to_localhost(
    host: str, sandbox: Sandbox, client: httpx.Client
) -> None:
    assert client.get(STATE, headers={"Host": host.format(port(sandbox))}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:{}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{}",
        "evil.example@127.0.0.1:{}", "127.0.0.2:{}", "[::1]:{}", "", "127.0.0.1:{}:{}",
    ],
)  # fmt: skip
def test_a_name_that_was_bent_to_it_is_refused_even_with_a_token(
    host: str, sandbox: Sandbox, client: httpx.Client
) -> None:
    answer = client.get(STATE, headers={"Host": host.format(port(sandbox), port(sandbox))})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "sandbox")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:8888"},
        {"Origin": "{url}"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_is_refused_at_every_endpoint_even_with_a_token(
    headers: dict[str, str], sandbox: Sandbox, client: httpx.Client
) -> None:
    headers = {name: value.format(url=sandbox.url) for name, value in headers.items()}
    for route in ROUTER.routes:
        answer = client.request(route.method, "/" + "/".join(route.parts), headers=headers)
        assert answer.status_code == 403, route.path
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert client.options("/v3/auth/tokens", headers=headers).status_code == 403


def test_a_page_cannot_even_try_a_password(sandbox: Sandbox, client: httpx.Client) -> None:
    text = json.dumps(password_sign_in(sandbox.access))
    headers = {"Origin": "http://evil.example", "Content-Type": "text/plain"}
    assert client.post("/v3/auth/tokens", content=text, headers=headers).status_code == 403


def test_what_is_typed_into_a_browser_is_answered(sandbox: Sandbox, client: httpx.Client) -> None:
    assert client.get("/v3", headers={"Sec-Fetch-Site": "none"}).status_code == 200


def test_a_web_socket_is_not_opened(client: httpx.Client) -> None:
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    assert client.get("/v3", headers=upgrade).status_code == 200


@pytest.mark.parametrize("sent", [bytes(LARGEST + 1), iter([bytes(LARGEST), b"x"])], ids=["whole", "chunked"])
def test_a_stranger_cannot_fill_the_memory(sent: bytes | Iterator[bytes], client: httpx.Client) -> None:
    assert client.post("/v3/auth/tokens", content=sent).status_code == 413
    assert client.get("/v3").status_code == 200


def test_an_idle_connection_is_kept_for_longer_than_clients_wait_between_two_looks() -> None:
    assert KEEP_ALIVE == 75
    assert KEEP_ALIVE > 2 * IDLE


def ports_after_pauses(*pauses: float, keep_alive: float = KEEP_ALIVE) -> list[int]:
    """The client's ports of requests that come so many seconds after one another; each is answered."""
    clock, found = SystemClock(), []
    limits = httpx.Limits(keepalive_expiry=60)
    with (
        running(Sandbox("empty"), keep_alive=keep_alive) as served,
        httpx.Client(base_url=served.url, limits=limits, trust_env=False) as client,
    ):
        for pause in pauses:
            clock.wait(pause)
            answer = client.get("/v3")
            assert answer.status_code == 200
            found.append(answer.extensions["network_stream"].get_extra_info("client_addr")[1])
    return found


def test_a_client_keeps_its_connection_through_a_pause() -> None:
    assert len({*ports_after_pauses(0, 0.05, 0.5)}) == 1


def test_a_client_is_answered_after_pauses_on_both_sides_of_what_a_connection_is_kept() -> None:
    assert len({*ports_after_pauses(0, 0.05, 0.6, 0.05, 0.6, keep_alive=0.2)}) > 1


def test_on_the_usual_port_the_host_needs_no_number() -> None:
    check_caller(Headers({"Host": "127.0.0.1"}), "http://127.0.0.1:80")


def test_on_ipv6_it_answers_to_its_address_in_brackets() -> None:
    with running(Sandbox("empty"), host="::1") as served:
        assert httpx.get(f"{served.url}/v3", trust_env=False).status_code == 200
