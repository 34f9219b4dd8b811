"""TLS is verified always: own authorities, client certificates, and what is said where it does not work."""

from pathlib import Path

import pytest

from drkit.api import Profile, door_of, open_client, profile
from drkit.api.transport import Open, Transport
from drkit.api.wire import Request
from drkit.clock import SystemClock
from drkit.errors import ProfileError, ServiceError, UnreachableError
from drkit.sandbox import Sandbox
from tests.api.encrypted import Answer, Authority, of_sandbox, serving


def at(url: str, sandbox: Sandbox, **more: str) -> Profile:
    access = sandbox.access
    return profile(
        "env",
        {
            "OS_AUTH_URL": url,
            "OS_USERNAME": access["username"],
            "OS_PASSWORD": access["password"],
            "OS_USER_DOMAIN_NAME": access["domain"],
            "OS_PROJECT_NAME": access["project"],
            "OS_REGION_NAME": access["region"],
            "DRKIT_SDRS_URL": url,
            "DRKIT_ECS_URL": url,
            "DRKIT_EVS_URL": url,
        }
        | more,
    )


def test_an_authority_of_ones_own_is_trusted_where_it_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with serving(of_sandbox(sandbox), authority.issue("server")) as url:
        named = at(url, sandbox, OS_CACERT=str(authority.file))
        with open_client(named) as client:
            assert client.groups()
        door = door_of(url, named)
        assert door is not None
        assert (door.addresses, door.tls) == (("127.0.0.1",), "TLSv1.3")
        assert door.certificate_ends is not None


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once_with_what_to_do(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with serving(of_sandbox(sandbox), Authority(tmp_path).issue("server")) as url:
        with pytest.raises(UnreachableError, match=r"Nothing was sent.*not trusted.*OS_CACERT") as raised:
            open_client(at(url, sandbox))
        assert raised.value.lasting
        with pytest.raises(UnreachableError, match="not trusted"):
            door_of(url, at(url, sandbox))
        assert sandbox.world.requests == 0


def test_a_client_certificate_is_shown_where_the_server_asks_for_one(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    with serving(of_sandbox(sandbox), authority.issue("server"), clients=authority.file) as url:
        mine = {"OS_CACERT": str(authority.file), "OS_CERT": str(authority.issue("operator"))}
        with open_client(at(url, sandbox, **mine)) as client:
            assert client.groups()


def test_files_that_are_no_certificates_are_named(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(ProfileError, match=r"OS_CERT='.*empty.pem' cannot be used"):
        open_client(at("https://127.0.0.1:9", sandbox, OS_CERT=str(tmp_path / "empty.pem")))
    with pytest.raises(ProfileError, match="OS_KEY is a key without OS_CERT"):
        at("https://127.0.0.1:9", sandbox, OS_KEY="key.pem")


def test_a_redirect_to_another_origin_is_not_followed_and_no_token_goes_there(sandbox: Sandbox) -> None:
    seen: list[str] = []

    def elsewhere(method: str, path: str, headers: dict[str, str], _body: bytes) -> Answer:
        seen.append(f"{method} {path} {headers}")
        return 200, {}, b"{}"

    with serving(elsewhere) as other:

        def leads_away(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
            if path.startswith("/v1/"):
                return 307, {"Location": f"{other}{path}"}, b""
            return of_sandbox(sandbox)(method, path, headers, body)

        with (
            serving(leads_away) as url,
            open_client(at(url, sandbox)) as client,
            pytest.raises(ServiceError, match="leads elsewhere, which is not followed"),
        ):
            client.groups()
    assert seen == []


def test_a_connection_is_kept_for_the_next_request_and_the_agent_names_its_version(sandbox: Sandbox) -> None:
    agents: list[str] = []

    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        agents.append(headers["User-Agent"])
        return of_sandbox(sandbox)(method, path, headers, body)

    with serving(handle) as url, open_client(at(url, sandbox)) as client:
        client.groups()
    assert {agent.partition("/")[0] for agent in agents} == {"drkit"}
    assert agents[0].partition("/")[2][:1].isdigit()


def test_a_proxy_that_wants_a_login_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def wants_a_login(*_: object) -> Answer:
        return 407, {"Proxy-Authenticate": "Basic"}, b""

    with serving(wants_a_login) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        transport = Transport(SystemClock())
        with pytest.raises(UnreachableError, match=r"The proxy does not let this through: check HTTPS_PROXY"):
            transport.send(Request("GET", "/jobs/1"), "https://sdrs.example.test", Open())
        transport.close()


def test_a_host_that_nobody_knows_is_told_as_such(sandbox: Sandbox) -> None:
    with pytest.raises(UnreachableError, match="No such host is known: check the region"):
        door_of("https://sdrs.nowhere.test", at("https://127.0.0.1:9", sandbox))
