"""Who comes in: tokens in all their forms, signatures down to the last header, and nobody else."""

import hashlib
import hmac
import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from drkit.sandbox import Sandbox, World, saving, signature
from drkit.sandbox.core import ROUTER
from drkit.sandbox.things import Account
from tests.sandbox.practice import Practice, password_sign_in


def sign_in(demo: Practice, body: object) -> httpx.Response:
    return demo.http.post("/v3/auth/tokens", json=body)


def test_discovery_is_open_to_everybody(demo: Practice) -> None:
    del demo.http.headers["X-Auth-Token"]
    for path in ("/v3", "/v3/"):
        answer = demo.http.get(path)
        assert (answer.status_code, answer.json()["version"]["status"]) == (200, "stable")


def test_everything_else_answers_401_to_strangers(demo: Practice) -> None:
    del demo.http.headers["X-Auth-Token"]
    for route in [route for route in ROUTER.routes if not route.is_open]:
        path = re.sub(r"{project}", demo.access["project_id"], "/" + "/".join(route.parts))
        answer = demo.http.request(route.method, re.sub(r"{\w+}", "x", path))
        assert (answer.status_code, answer.json()["error_code"]) == (401, "APIGW.0301"), path
    assert demo.http.get("/no/such/path").status_code == 401


@pytest.mark.parametrize(
    "scope",
    [
        {"project": {"name": "{project}"}},
        {"project": {"name": "{project}", "domain": {"name": "{domain}"}}},
        {"project": {"id": "{project_id}"}},
    ],
)
def test_a_token_is_for_a_project_however_it_is_named(demo: Practice, scope: Any) -> None:  # noqa: ANN401
    body = password_sign_in(demo.access)
    project = {
        key: value.format(**demo.access) if isinstance(value, str) else {"name": demo.access["domain"]}
        for key, value in scope["project"].items()
    }
    body["auth"]["scope"] = {"project": project}
    answer = sign_in(demo, body)
    token = answer.json()["token"]
    assert answer.status_code == 201
    assert (token["project"]["id"], token["project"]["name"]) == (
        demo.access["project_id"],
        demo.access["project"],
    )
    types = {entry["type"] for entry in token["catalog"]}
    assert {"sdrs", "ecs", "evs"} <= types
    sdrs = next(entry["endpoints"][0] for entry in token["catalog"] if entry["type"] == "sdrs")
    assert sdrs["url"].endswith(demo.access["project_id"])
    assert (sdrs["interface"], sdrs["region"]) == ("public", demo.access["region"])


def test_a_token_gets_another_token(demo: Practice) -> None:
    identity = {"methods": ["token"], "token": {"id": demo.http.headers["X-Auth-Token"]}}
    scope = {"project": {"id": demo.access["project_id"]}}
    assert sign_in(demo, {"auth": {"identity": identity, "scope": scope}}).status_code == 201
    identity["token"] = {"id": "wrong"}
    assert sign_in(demo, {"auth": {"identity": identity}}).status_code == 401


def test_a_token_without_a_project_opens_nothing_but_iam(demo: Practice) -> None:
    for scope in ({}, {"scope": {"domain": {"name": demo.access["domain"]}}}):
        body = password_sign_in(demo.access)
        body["auth"] = {"identity": body["auth"]["identity"]} | scope
        answer = sign_in(demo, body)
        assert "catalog" not in answer.json()["token"]
        headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
        path = f"/v1/{demo.access['project_id']}/server-groups"
        assert demo.http.get(path, headers=headers).json()["error"]["code"] == "SDRS.0001"
        assert demo.http.get("/v3/projects", headers=headers).status_code == 200


def test_a_user_can_be_named_by_id(demo: Practice) -> None:
    body = password_sign_in(demo.access)
    user = {"id": demo.world.account.user_id, "password": demo.access["password"]}
    body["auth"]["identity"]["password"]["user"] = user
    assert sign_in(demo, body).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        {"password": "wrong"},
        {"password": ""},
        {"name": "somebody"},
        {"domain": {"name": "other"}},
    ],
)
def test_wrong_credentials_are_refused(demo: Practice, change: dict[str, Any]) -> None:
    body = password_sign_in(demo.access)
    body["auth"]["identity"]["password"]["user"] |= change
    answer = sign_in(demo, body)
    assert (answer.status_code, answer.json()["error"]["title"]) == (401, "Unauthorized")


@pytest.mark.parametrize("scope", [{"project": {"name": "other"}}, {"domain": {"name": "other"}}])
def test_a_scope_that_is_not_there_is_refused(demo: Practice, scope: Any) -> None:  # noqa: ANN401
    body = password_sign_in(demo.access)
    body["auth"]["scope"] = scope
    assert sign_in(demo, body).status_code == 401


@pytest.mark.parametrize("body", [None, [], {}, {"auth": 1}, {"auth": {"identity": {}}}])
def test_what_is_no_sign_in_is_refused(demo: Practice, body: object) -> None:
    assert sign_in(demo, body).status_code in (400, 401)


def test_a_token_lives_for_a_day(demo: Practice) -> None:
    path = f"/v1/{demo.access['project_id']}/server-groups"
    demo.sandbox.step(24 * 3600 - 1)
    assert demo.http.get(path).status_code == 200
    demo.sandbox.step(2)
    assert demo.http.get(path).status_code == 401


def test_speed_does_not_shorten_the_life_of_a_token() -> None:
    at = [0.0]
    sandbox = Sandbox("demo", now=lambda: at[0], speed=100000)
    with httpx.Client(transport=sandbox.transport(), base_url=sandbox.url) as client:
        token = client.post("/v3/auth/tokens", json=password_sign_in(sandbox.access)).headers[
            "X-Subject-Token"
        ]
        at[0] = 3600.0
        path = f"/v1/{sandbox.access['project_id']}/server-groups"
        assert client.get(path, headers={"X-Auth-Token": token}).status_code == 200


def test_the_project_in_the_path_must_be_the_one_signed_in_to(demo: Practice) -> None:
    assert demo.http.get("/v1/other/server-groups").json()["error"]["code"] == "SDRS.0001"


def test_projects_are_found_by_name(demo: Practice) -> None:
    found = demo.http.get("/v3/projects", params={"name": demo.access["project"]}).json()["projects"]
    assert [project["id"] for project in found] == [demo.access["project_id"]]
    assert demo.http.get("/v3/projects", params={"name": "other"}).json()["projects"] == []


def signed(demo: Practice, method: str, path: str, query: str = "", body: bytes = b"", **other: Any) -> Any:  # noqa: ANN401
    """The headers of a signed request, made here from the published description of the algorithm."""
    date = other.get("date", "20260101T000000Z")
    headers = {"content-type": "application/json", "host": "sandbox.invalid", "x-sdk-date": date}
    headers |= other.get("headers", {})
    names = ";".join(sorted(set(headers) - other.get("unsigned", set())))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names.split(";"))
    canonical_path = path if path.endswith("/") else path + "/"
    digest = hashlib.sha256(body).hexdigest()
    canonical = "\n".join([method, canonical_path, query, lines, names, digest])
    scope = other.get("scope", "")
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join(["SDK-HMAC-SHA256", date, *([scope] if scope else []), hashed])
    secret = other.get("secret", demo.access["secret_key"])
    key = f"SDK{secret}" if scope else secret
    found = key.encode()
    for text in [*(scope.split("/") if scope else []), to_sign]:
        found = hmac.new(found, text.encode(), hashlib.sha256).digest()
    access = other.get("access", demo.access["access_key"])
    who = f"Credential={access}/{scope}" if scope else f"Access={access}"
    value = f"SDK-HMAC-SHA256 {who}, SignedHeaders={names}, Signature={found.hex()}"
    return headers | {"authorization": value}


DAY = "20260101/sandbox-1/sdrs/sdk_request"


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"unsigned": {"host"}},
        {"scope": DAY},
        {"scope": DAY, "unsigned": {"host"}},
        {"scope": DAY.replace("/sandbox-1/sdrs/", "///")},
    ],
)
def test_a_signed_request_comes_in(other: dict[str, Any], demo: Practice) -> None:
    path = f"/v1/{demo.access['project_id']}/protected-instances/{quote('ä b', safe='')}/tags/x"
    for method, query, body in (("GET", "", b""), ("DELETE", "a=1&b=2", b""), ("POST", "", b'{"x": 1}')):
        headers = signed(demo, method, path, query, body, **other)
        answer = demo.sandbox.handle(method, path, query, headers, body)
        assert answer.status != 401, answer.json()


def test_who_signs_his_requests_is_told_where_the_services_are(demo: Practice) -> None:
    path = "/v3/auth/catalog"
    answer = demo.sandbox.handle("GET", path, "", signed(demo, "GET", path, scope=DAY), b"").json()
    assert (
        answer["catalog"]
        == demo.http.post("/v3/auth/tokens", json=password_sign_in(demo.access)).json()["token"]["catalog"]
    )


@pytest.mark.parametrize(
    "other",
    [
        {"secret": "wrong"},
        {"access": "WRONG"},
        {"date": "yesterday"},
        {"unsigned": {"x-sdk-date"}},
        {"scope": DAY, "secret": "wrong"},
        {"scope": DAY, "access": "WRONG"},
        {"scope": DAY.replace("0101", "0102")},
        {"scope": DAY.replace("sdk_request", "aws4_request")},
        {"scope": "20260101"},
    ],
)
def test_a_signature_that_is_not_right_does_not_come_in(demo: Practice, other: dict[str, Any]) -> None:
    path = f"/v1/{demo.access['project_id']}/server-groups"
    headers = signed(demo, "GET", path, **other)
    answer = demo.sandbox.handle("GET", path, "", headers, b"")
    assert (answer.status, answer.json()["error_code"]) == (401, "APIGW.0301")


@pytest.mark.parametrize("scope", ["", DAY])
@pytest.mark.parametrize("part", ["method", "path", "query", "header", "body"])
def test_a_signature_covers_all_of_the_request(demo: Practice, part: str, scope: str) -> None:
    path = f"/v1/{demo.access['project_id']}/server-groups"
    sent: Any = {"method": "POST", "path": path, "query": "a=1", "headers": {}, "body": b"{}"}
    sent["headers"] = signed(demo, "POST", path, "a=1", b"{}", scope=scope)
    if part == "header":
        sent["headers"]["content-type"] = "text/plain"
    else:
        sent[part] = {"method": "PUT", "path": path + "x", "query": "a=2", "body": b"{ }"}[part]
    assert demo.sandbox.handle(**sent).status == 401


@pytest.mark.parametrize(
    "value", ["Bearer x", "SDK-HMAC-SHA256 Access=, SignedHeaders=, Signature=", "x" * 9999]
)
def test_another_authorization_is_refused(demo: Practice, value: str) -> None:
    headers = {"authorization": value}
    assert demo.sandbox.handle("GET", "/v3/projects", "", headers, b"").status == 401
    assert signature.flaw("GET", "/", "", headers, b"", "secret", None)


def test_with_the_real_clock_an_old_signature_is_refused() -> None:
    demo = Practice("empty")
    sandbox = Sandbox(demo.world)
    for minutes, status in ((0, 200), (20, 401)):
        date = f"{datetime.now(UTC) - timedelta(minutes=minutes):%Y%m%dT%H%M%SZ}"
        headers = signed(demo, "GET", "/v3/projects", date=date)
        assert sandbox.handle("GET", "/v3/projects", "", headers, b"").status == status


def test_what_opens_a_sandbox_is_drawn_for_each_start_and_its_world_from_the_seed() -> None:
    one, another = Sandbox("demo", seed=3, now=lambda: 0.0), Sandbox("demo", seed=3, now=lambda: 0.0)
    assert saving.locked(one.world) == saving.locked(another.world)
    for secret in ("password", "access_key", "secret_key"):
        assert one.access[secret] != another.access[secret]
        assert len(one.access[secret]) >= 20


def test_tokens_cannot_be_reckoned_from_the_seed() -> None:
    tokens = [Practice("demo", seed=3).http.headers["X-Auth-Token"] for _ in range(2)]
    assert tokens[0] != tokens[1]


def test_a_test_may_fix_what_opens_its_sandbox() -> None:
    world = World(account=Account(password="known", access_key="AK", secret_key="SK"))
    access = Sandbox(world).access
    assert (access["password"], access["access_key"], access["secret_key"]) == ("known", "AK", "SK")


def test_what_opened_a_saved_world_does_not_open_the_loaded_one(demo: Practice, tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    demo.sandbox.save(path)
    for secret in (demo.access["password"], demo.access["secret_key"], demo.http.headers["X-Auth-Token"]):
        assert secret not in path.read_text()
    kept = saving.document(demo.world) | {"account": asdict(demo.world.account)}  # as earlier versions did
    path.write_text(json.dumps(kept))
    assert Sandbox.load(path).access["password"] not in ("", demo.access["password"])


def test_secrets_are_not_in_the_representation_of_a_world(demo: Practice) -> None:
    text = repr(demo.world)
    for secret in (demo.access["password"], demo.access["secret_key"], demo.http.headers["X-Auth-Token"]):
        assert secret not in text
