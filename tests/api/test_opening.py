"""Signing in, by password and by keys, against the sandbox; and what is said where it does not work."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from drkit.api import Client, open_client, profile, sandbox_profile
from drkit.api.auth import TokenAuth
from drkit.api.logins import PasswordLogin
from drkit.api.transport import Inner, Open, OutgoingCall, Transport
from drkit.api.wire import Json, Request
from drkit.clock import SteppedClock
from drkit.errors import DrkitError, ProfileError, SignInError, UnreachableError
from drkit.sandbox import Sandbox, running
from tests.api.scripted import Service, answer, network

CALL = OutgoingCall.of(Request("GET", "/jobs/1"), "https://sdrs.example.test")


def user(sandbox: Sandbox, **changes: str) -> dict[str, str]:
    access = sandbox.access
    found = {
        "OS_AUTH_URL": access["iam_url"],
        "OS_USERNAME": access["username"],
        "OS_PASSWORD": access["password"],
        "OS_USER_DOMAIN_NAME": access["domain"],
        "OS_PROJECT_NAME": access["project"],
        "OS_REGION_NAME": access["region"],
    }
    return found | changes


def keys(sandbox: Sandbox, **changes: str) -> dict[str, str]:
    access = sandbox.access
    found = {
        "OS_AUTH_URL": access["iam_url"],
        "OS_ACCESS_KEY": access["access_key"],
        "OS_SECRET_KEY": access["secret_key"],
        "OS_PROJECT_NAME": access["project"],
        "OS_REGION_NAME": access["region"],
        "DRKIT_SDRS_URL": access["url"],
        "DRKIT_ECS_URL": access["url"],
    }
    return found | changes


def opened(environ: dict[str, str], inner: Inner | None = None) -> Client:
    return open_client(profile("env", environ), inner=inner)


@pytest.fixture
def served(sandbox: Sandbox) -> Iterator[Sandbox]:
    with running(sandbox):
        yield sandbox


class TestByPassword:
    def test_project_endpoints_and_backend_come_from_the_sign_in(self, served: Sandbox) -> None:
        with opened(user(served)) as client:
            assert client.backend.project_id == served.access["project_id"]
            assert len(client.groups()) == 5
            assert client.servers()
            assert client.disks()

    def test_a_project_can_be_named_by_its_id(self, served: Sandbox) -> None:
        with opened(user(served, OS_PROJECT_NAME="", OS_PROJECT_ID=served.access["project_id"])) as client:
            assert client.backend.project == served.access["project"]

    def test_a_wrong_password_is_refused_and_not_shown(self, served: Sandbox) -> None:
        with pytest.raises(SignInError, match=r"IAM on POST /auth/tokens answered 401") as raised:
            opened(user(served, OS_PASSWORD="hush-wrong"))
        assert "hush" not in str(raised.value)

    def test_a_region_without_sdrs_is_refused(self, served: Sandbox) -> None:
        with pytest.raises(ProfileError, match=r"no SDRS in region 'elsewhere'.*DRKIT_SDRS_URL"):
            opened(user(served, OS_REGION_NAME="elsewhere"))

    def test_a_host_that_no_network_has_is_sent_nothing(
        self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as proxy:
            proxy.setblocking(False)
            for name in ("http_proxy", "https_proxy"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
            named = [
                profile("env", user(sandbox, OS_AUTH_URL=url))
                for url in ("http://iam.invalid", "https://IAM.Invalid./v3", "https://invalid")
            ]
            named.append(profile("env", keys(sandbox, OS_AUTH_URL="", OS_PROJECT_ID="p")))
            named.append(sandbox_profile(sandbox.access))
            for each in named:
                with pytest.raises(ProfileError, match=r"is no address: names under \.invalid exist on no"):
                    open_client(each)
            with (
                closing(Transport(SteppedClock())) as transport,
                pytest.raises(UnreachableError, match=r"exist on no network\. Nothing was sent"),
            ):
                transport.send(Request("POST", "/v1", body={}, changes=True), "https://sdrs.invalid", Open())
            with pytest.raises(BlockingIOError):
                proxy.accept()

    def test_nobody_listening_is_said(self) -> None:
        nowhere = profile("env", user(Sandbox("empty"), OS_AUTH_URL="http://127.0.0.1:1/v3"))
        with pytest.raises(UnreachableError, match="Nothing was sent"):
            open_client(nowhere, SteppedClock())


class TestByKeys:
    def test_the_service_accepts_the_signature_over_a_socket(self, served: Sandbox) -> None:
        with opened(keys(served)) as client:
            assert client.backend.project_id == served.access["project_id"]
            assert len(client.pairs()) == 44
            assert client.servers()

    def test_the_service_accepts_a_signature_over_odd_queries_and_bodies(self, sandbox: Sandbox) -> None:
        with opened(keys(sandbox), sandbox.transport()) as client:
            ids = [each.id for each in client.groups()]
            assert len(client.pairs(ids)) == len(client.pairs())

    def test_a_service_whose_address_is_not_known_is_named_when_it_is_needed(self, sandbox: Sandbox) -> None:
        with opened(keys(sandbox), sandbox.transport()) as client:
            with pytest.raises(ProfileError, match="Set DRKIT_EVS_URL"):
                client.disks()
            assert client.groups()

    def test_a_wrong_key_is_refused(self, sandbox: Sandbox) -> None:
        with pytest.raises(SignInError, match="aksk signature fail"):
            opened(keys(sandbox, OS_SECRET_KEY="wrong"), sandbox.transport())

    def test_a_project_that_is_not_there_is_refused(self, sandbox: Sandbox) -> None:
        with pytest.raises(ProfileError, match=r"0 projects named 'nowhere'.*OS_PROJECT_ID"):
            opened(keys(sandbox, OS_PROJECT_NAME="nowhere"), sandbox.transport())

    def test_a_named_project_needs_no_look_up(self) -> None:
        sandbox = Sandbox("empty")
        environ = keys(sandbox, OS_PROJECT_NAME="", OS_PROJECT_ID=sandbox.access["project_id"])
        with opened({**environ, "OS_AUTH_URL": ""}, sandbox.transport()) as client:
            assert client.groups() == ()
            assert client.backend.project == sandbox.access["project_id"]

    def test_the_token_of_temporary_keys_is_signed_and_sent(self) -> None:
        seen: list[httpx.Request] = []

        def answered(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return httpx.Response(200, json={"server_groups": [], "count": 0})

        environ = keys(Sandbox("empty"), OS_PROJECT_ID="p1", HUAWEICLOUD_SDK_SECURITY_TOKEN="temporary")
        environ |= {"DRKIT_SDRS_URL": "https://sdrs.example.test"}
        with opened(environ, network(answered)) as client:
            client.groups()
        headers = seen[-1].headers
        assert (headers["X-Security-Token"], headers["X-Project-Id"]) == ("temporary", "p1")
        assert "SignedHeaders=host;x-project-id;x-sdk-date;x-security-token," in headers["Authorization"]


class TestPracticeOrReal:
    def test_the_sandbox_is_practice(self, client: Client) -> None:
        assert client.backend.practice
        assert (client.backend.label, client.speed) == ("PRACTICE", 1.0)

    def test_a_sandbox_reached_by_the_environment_is_practice_too(self, served: Sandbox) -> None:
        for environ in (user(served), keys(served)):
            with opened(environ) as client:
                assert client.backend.practice
                assert client.backend.cloud == "sandbox"

    def test_a_service_elsewhere_is_real_whatever_it_says(self) -> None:
        with opened(cloud_keys(), says_it_is_a_sandbox()) as client:
            assert not client.backend.practice
            assert client.backend.label == "Open Telekom Cloud eu-de p1"
            assert client.speed == 1.0

    def test_a_service_on_this_machine_that_does_not_say_so_is_real(self) -> None:
        inner = network(lambda _: httpx.Response(200, json={"versions": []}))
        with opened(cloud_keys(DRKIT_SDRS_URL="http://127.0.0.1:9"), inner) as client:
            assert not client.backend.practice

    def test_what_is_no_sandbox_is_not_connected_to_as_one(self) -> None:
        sandbox = Sandbox("empty")

        def hidden(request: httpx.Request) -> httpx.Response:
            found = sandbox.transport().handle_request(request)
            del found.headers["X-Drkit-Sandbox"]
            return found

        with pytest.raises(ProfileError, match="is no sandbox of drkit"):
            open_client(sandbox_profile(sandbox.access), inner=network(hidden))


def cloud_keys(**changes: str) -> dict[str, str]:
    auth = {"OS_AUTH_URL": "https://iam.eu-de.otc.t-systems.com/v3", "OS_REGION_NAME": "eu-de"}
    return auth | {"OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "SK", "OS_PROJECT_ID": "p1"} | changes


def says_it_is_a_sandbox() -> Inner:
    return network(lambda _: httpx.Response(200, json={}, headers={"X-Drkit-Sandbox": "10"}))


class TestCertificates:
    def test_a_file_that_is_not_there_is_refused(self, sandbox: Sandbox) -> None:
        with pytest.raises(ProfileError, match=r"OS_CACERT='/nowhere.pem'"):
            opened(user(sandbox, OS_CACERT="/nowhere.pem"), sandbox.transport())

    def test_a_file_of_certificates_is_taken(self, sandbox: Sandbox) -> None:
        import certifi

        with opened(user(sandbox, OS_CACERT=certifi.where()), sandbox.transport()) as client:
            assert client.groups()


def signed_in(**token: Json) -> httpx.Response:
    usual = {
        "expires_at": "2026-01-02T00:00:00.000000Z",
        "project": {"id": "p1", "name": "eu-de"},
        "catalog": [],
    }
    return answer(201, {"token": usual | token}, X_Subject_Token="gAAAA-1")


def token_auth(service: Service, **changes: str) -> TokenAuth:
    environ = {"OS_AUTH_URL": "https://iam.example.test/v3", "OS_USERNAME": "jane", "OS_PASSWORD": "hush"}
    environ |= {"OS_USER_DOMAIN_NAME": "d", "OS_PROJECT_ID": "p1", "OS_REGION_NAME": "eu-de"} | changes
    found = profile("env", environ)
    assert isinstance(found.login, PasswordLogin)
    return TokenAuth(found, found.login, service.transport, service.clock)


class TestToken:
    def test_is_asked_for_once_and_sent_along(self, scripted: Callable[..., Service]) -> None:
        service = scripted(signed_in())
        auth = token_auth(service)
        assert auth.headers(CALL)["X-Auth-Token"].reveal() == "gAAAA-1"
        auth.headers(CALL)
        assert len(service.requests) == 1

    def test_that_was_refused_is_replaced_once_by_whoever_comes_first(
        self, scripted: Callable[..., Service]
    ) -> None:
        service = scripted(signed_in(), answer(201, signed_in().json(), X_Subject_Token="gAAAA-2"))
        auth = token_auth(service)
        refused = auth.headers(CALL)
        assert auth.renew(refused)
        assert auth.renew(refused)
        assert len(service.requests) == 2
        assert auth.headers(CALL)["X-Auth-Token"].reveal() == "gAAAA-2"

    def test_near_its_end_is_renewed_before_a_call_starts_work_that_lasts(
        self, scripted: Callable[..., Service]
    ) -> None:
        service = scripted(signed_in(), answer(201, signed_in().json(), X_Subject_Token="gAAAA-2"))
        auth = token_auth(service)
        auth.headers(CALL)
        service.clock.advance(23.0 * 3600)
        assert auth.headers(CALL)["X-Auth-Token"].reveal() == "gAAAA-1"
        service.clock.advance(0.6 * 3600)
        assert auth.headers(CALL)["X-Auth-Token"].reveal() == "gAAAA-2"

    def test_that_always_seems_to_end_soon_is_not_renewed_at_every_call(
        self, scripted: Callable[..., Service]
    ) -> None:
        service = scripted(signed_in(expires_at="2025-12-31T00:00:00Z"))
        auth = token_auth(service)
        for _ in range(3):
            auth.headers(CALL)
        assert len(service.requests) == 1

    def test_is_kept_when_renewing_it_early_does_not_work(self, scripted: Callable[..., Service]) -> None:
        service = scripted(signed_in(), answer(403, {"error": {"message": "No.", "code": 403}}))
        auth = token_auth(service)
        auth.headers(CALL)
        service.clock.advance(24.0 * 3600)
        assert auth.headers(CALL)["X-Auth-Token"].reveal() == "gAAAA-1"

    @pytest.mark.parametrize("ends", ["", None])
    def test_without_an_end_is_kept(self, scripted: Callable[..., Service], ends: str | None) -> None:
        service = scripted(signed_in(expires_at=ends))
        auth = token_auth(service)
        auth.headers(CALL)
        service.clock.advance(48.0 * 3600)
        auth.headers(CALL)
        assert len(service.requests) == 1

    @pytest.mark.parametrize(
        ("reply", "words"),
        [
            (answer(201, {"token": {}}), "X-Subject-Token"),
            (answer(201, {"token": {}}, X_Subject_Token="with space"), "X-Subject-Token"),
            (answer(201, {}, X_Subject_Token="gAAAA"), "'token'"),
            (signed_in(project={"id": "p2", "name": "other"}), "'p2' instead of 'p1'"),
            (signed_in(project={"id": "p1\r\nX: y", "name": "other"}), "no project's id"),
            (answer(500), "500"),
        ],
    )
    def test_that_cannot_be_read_is_an_error_with_nothing_sent(
        self, scripted: Callable[..., Service], reply: httpx.Response, words: str
    ) -> None:
        with pytest.raises(DrkitError, match=words):
            token_auth(scripted(reply)).headers(CALL)


class TestCatalog:
    def catalog(self, *endpoints: tuple[str, str, str, str]) -> Json:
        return [
            {"type": kind, "endpoints": [{"interface": face, "region": region, "url": url}]}
            for kind, face, region, url in endpoints
        ]

    def opened(
        self, *endpoints: tuple[str, str, str, str], more: Json = (), iam: str = "https://iam.example.test"
    ) -> Client:
        environ = {"OS_AUTH_URL": iam, "OS_USERNAME": "jane", "OS_PASSWORD": "hush"}
        environ |= {"OS_USER_DOMAIN_NAME": "d", "OS_PROJECT_ID": "p1", "OS_REGION_NAME": "eu-de"}
        self.urls: list[str] = []

        def answered(request: httpx.Request) -> httpx.Response:
            self.urls.append(str(request.url).partition("?")[0])
            if "tokens" in str(request.url):
                return signed_in(catalog=[*more, *self.catalog(*endpoints)])
            return httpx.Response(200, json={"server_groups": [], "servers": [], "volumes": [], "count": 0})

        return opened(environ, network(answered))

    def test_gives_the_public_address_of_the_region_in_any_spelling(self) -> None:
        with self.opened(
            ("sdrs", "public", "eu-nl", "https://sdrs.eu-nl.test/v1/p1"),
            ("sdrs", "internal", "eu-de", "https://inside.test/v1/p1"),
            ("sdrs", "public", "eu-de", "https://sdrs.eu-de.test/v1/p1"),
            ("compute", "public", "eu-de", "https://nova.eu-de.test/v2.1/p1"),
            ("ecs", "public", "eu-de", "https://ecs.eu-de.test/v1/p1"),
            ("volumev2", "public", "*", "https://evs.eu-de.test/v2/p1"),
        ) as client:
            assert (client.groups(), client.servers(), client.disks()) == ((), (), ())
        assert self.urls[1:] == [
            "https://sdrs.eu-de.test/v1/p1/server-groups",
            "https://ecs.eu-de.test/v1/p1/cloudservers/detail",
            "https://evs.eu-de.test/v2/p1/cloudvolumes/detail",
        ]

    def test_that_lacks_a_service_leaves_it_to_the_pattern_of_a_cloud_that_is_known(self) -> None:
        otc = "https://iam.eu-de.otc.t-systems.com/v3"
        with self.opened(("ecs", "public", "eu-de", "https://ecs.eu-de.test/v1/p1"), iam=otc) as client:
            assert client.address_of("sdrs") == "https://sdrs.eu-de.otc.t-systems.com"
            assert client.address_of("ecs") == "https://ecs.eu-de.test"

    def test_that_lists_sdrs_elsewhere_says_where(self) -> None:
        with pytest.raises(ProfileError, match=r"no SDRS in region 'eu-de'.*listed in 'eu-nl'.*_REGION_NAME"):
            self.opened(("sdrs", "public", "eu-nl", "https://sdrs.eu-nl.test/v1/p1"))

    def test_entries_that_lack_something_are_passed_over(self) -> None:
        good = ("sdrs", "public", "eu-de", "https://sdrs.eu-de.test/v1/p1")
        broken = [{"type": "sdrs"}, {}, {"type": "sdrs", "endpoints": [{}, {"interface": "public"}]}]
        with self.opened(good, more=broken) as client:
            assert client.groups() == ()

    def test_that_would_send_the_token_unencrypted_is_refused(self) -> None:
        with pytest.raises(ProfileError, match=r"SDRS in the catalog=http://sdrs.test"):
            self.opened(("sdrs", "public", "eu-de", "http://sdrs.test/v1/p1"))


def test_a_token_that_expires_in_mid_run_is_replaced_and_the_call_goes_on(sandbox: Sandbox) -> None:
    with open_client(sandbox_profile(sandbox.access), inner=sandbox.transport()) as client:
        client.groups()
        sandbox.world.tokens.clear()
        assert len(client.inventory().pairs) == 44
        assert len(sandbox.world.tokens) == 1


def test_signatures_bear_the_clocks_time() -> None:
    seen: list[str] = []

    def answered(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["X-Sdk-Date"])
        return httpx.Response(200, json={"server_groups": [], "count": 0})

    clock = SteppedClock(datetime(2026, 3, 2, tzinfo=UTC))
    with open_client(profile("env", cloud_keys()), clock, inner=network(answered)) as client:
        clock.advance(timedelta(hours=1).total_seconds())
        client.groups()
    assert seen == ["20260302T010000Z"]
