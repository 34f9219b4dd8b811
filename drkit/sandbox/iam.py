"""IAM: discovery, tokens, projects; and the gate that every other call passes."""

import hmac
import secrets
from base64 import b32decode, b32encode
from collections.abc import Sequence
from hmac import compare_digest

from drkit.sandbox import signature
from drkit.sandbox.answers import Answer, RefusalError, gateway, job_time, ok, refused
from drkit.sandbox.reading import IncomingCall, RequestFields
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Account, Json, Token
from drkit.sandbox.world import World

routes = Routes()
LIFETIME = 24 * 3600


def draw_secrets(account: Account) -> None:
    """Draw password and keys where the account has none: from the system, so that no seed tells them."""
    account.password = account.password or "practice-" + secrets.token_urlsafe(18)
    account.access_key = account.access_key or "SANDBOX" + secrets.token_hex(7).upper()
    account.secret_key = account.secret_key or secrets.token_hex(20)
    account.application_credential_id = account.application_credential_id or secrets.token_hex(16)
    for name in ("application_credential_secret", "temporary_secret_key", "security_token"):
        setattr(account, name, getattr(account, name) or secrets.token_urlsafe(30))
    account.temporary_access_key = account.temporary_access_key or "SANDBOX" + secrets.token_hex(7).upper()
    account.seed = account.seed or b32encode(secrets.token_bytes(20)).decode()


def admit(call: IncomingCall, path: str, *, today: float | None) -> str:
    """The id of the project that a caller is signed in to; 401 as the gateway answers it otherwise.

    Who may only read is refused the rest, as the service does it.
    """
    account = call.world.account
    if call.headers.get("authorization", ""):
        _check_signature(call, path, today)
        project_id = account.project_id
    else:
        project_id = _token(call.world, call.headers.get("x-auth-token", "")).project_id
    if call.method != "GET" and not WRITERS & {*account.roles} and call.segments[0] not in ("v3", "_sandbox"):
        raise refused("SDRS.0005", f"roles {', '.join(account.roles)} do not allow {call.method} here")
    return project_id


def _check_signature(call: IncomingCall, path: str, today: float | None) -> None:
    account = call.world.account
    key = signature.access_key(call.headers["authorization"])
    if key not in (account.access_key, account.temporary_access_key):
        raise _unauthorized(
            "Get secretKey failed, err:ak not exist, or the Authorization header is malformed"
        )
    secret = account.secret_key
    if key == account.temporary_access_key:
        secret = account.temporary_secret_key
        if not compare_digest(
            call.headers.get("x-security-token", "").encode(), account.security_token.encode()
        ):
            raise _unauthorized("the security token of a temporary access key is missing or wrong")
        if account.keys_end <= call.world.wall:
            raise _unauthorized("the temporary access key has expired")
    if flaw := signature.flaw(call.method, path, call.raw_query, call.headers, call.raw, secret, today):
        raise _unauthorized(flaw)


WRITERS = {"te_admin"}
"""The roles that may do everything in a project; "readonly" is the one that may read everything."""


def _token(world: World, id_: str) -> Token:
    token = world.tokens.get(id_)
    if token is None:
        raise _unauthorized("decrypt token fail" if id_ else "no token and no signature")
    if token.expires <= world.wall:
        raise _unauthorized("token expires")
    return token


def _unauthorized(why: str) -> RefusalError:
    return gateway(401, "APIGW.0301", f"Incorrect IAM authentication information: {why}")


def _keystone(status: int, title: str, message: str) -> RefusalError:
    return RefusalError(status, {"error": {"code": status, "title": title, "message": message}})


WRONG = "The username or password is wrong."


def version(call: IncomingCall) -> Json:
    """IAM's version document."""
    links = [{"rel": "self", "href": f"{call.origin}/v3/"}]
    media = [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}]
    updated = "2016-04-04T00:00:00Z"
    return {"id": "v3.6", "status": "stable", "updated": updated, "links": links, "media-types": media}


@routes("GET", "/v3", is_open=True)
def show_version(call: IncomingCall) -> Answer:
    """Discovery, open to everybody."""
    return ok({"version": version(call)})


@routes("POST", "/v3/auth/tokens", is_open=True)
def create_token(call: IncomingCall) -> Answer:
    """Sign in with a password, with it and a passcode, with a token, or with an application credential.

    For a project by name (with or without domain) or by id; an application credential has its own.
    """
    try:
        auth = call.body().inner("auth")
        methods, expires = _check_identity(call.world, auth.inner("identity"))
        project = _scope(call.world, auth.inner("scope")) if "scope" in auth else ""
        if methods == ["application_credential"]:
            if "scope" in auth:
                raise _keystone(401, "Unauthorized", "Application credentials cannot request a scope.")
            project = call.world.account.project_id
    except RefusalError as error:
        if error.code:
            raise _keystone(400, "Bad Request", error.body["error"]["message"]) from None
        raise
    token = issue(call.world, project, methods, expires)
    return ok({"token": _shown(call, token)}, 201, **{"X-Subject-Token": token.id})


def issue(
    world: World, project_id: str, methods: Sequence[str] = ("password",), expires: float = 0.0
) -> Token:
    """A new token for a project; without one it opens nothing but IAM."""
    id_ = "MIIPRACTICE" + secrets.token_hex(32)
    token = Token(id_, expires or world.wall + LIFETIME, project_id, list(methods))
    world.tokens[token.id] = token
    return token


def _check_identity(world: World, identity: RequestFields) -> tuple[list[str], float]:
    """How somebody signs in, and when the token for it ends: one for a token ends with that."""
    methods: Json = identity.values.get("methods")
    if methods in (["password"], ["password", "totp"]):
        _check_password(world, identity.inner("password").inner("user"))
        if "totp" in methods:
            _check_passcode(world, identity.inner("totp").inner("user"))
        elif world.account.second_factor:
            raise _keystone(401, "Unauthorized", "This user signs in with the methods password and totp.")
    elif methods == ["token"]:
        token = world.tokens.get(identity.inner("token").text("id", most=4096))
        if token is None or token.expires <= world.wall:
            raise _keystone(401, "Unauthorized", "The token must be updated.")
        return ["token"], token.expires
    elif methods == ["application_credential"]:
        _check_application(world, identity.inner("application_credential"))
    else:
        raise _keystone(
            401,
            "Unauthorized",
            "Sign in with one of the methods password, totp, token, application_credential.",
        )
    return list(methods), world.wall + LIFETIME


def _check_application(world: World, given: RequestFields) -> None:
    account, secret = world.account, given.text("secret", "", most=4096)
    by_id = given.text("id", "") == account.application_credential_id
    if not (
        by_id
        and compare_digest(
            secret.encode("utf-8", "surrogatepass"), account.application_credential_secret.encode()
        )
    ):
        raise _keystone(401, "Unauthorized", "Application credential is not valid.")


def _check_passcode(world: World, user: RequestFields) -> None:
    account, present = world.account, int(world.wall // 30)
    given = user.text("passcode", "", most=16)
    number = next((step for step in (present, present - 1) if passcode(account.seed, step) == given), 0)
    if user.text("id", "") != account.user_id or number <= account.counted:
        raise _keystone(401, "Unauthorized", "The passcode is wrong, or was used already.")
    account.counted = number


def passcode(seed: str, number: int) -> str:
    """The passcode of six digits for the 30 seconds of that number since the epoch (RFC 6238)."""
    digest = hmac.digest(b32decode(seed), number.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"


def _check_password(world: World, user: RequestFields) -> None:
    account = world.account
    name, id_ = user.text("name", ""), user.text("id", "")
    given_domain = (
        user.inner("domain") if "domain" in user else RequestFields({"id": account.domain_id if id_ else ""})
    )
    known = name == account.username or (id_ == account.user_id and not name)
    password = user.text("password", "", most=4096)
    right = compare_digest(password.encode("utf-8", "surrogatepass"), account.password.encode())
    if not (known and right and _is_domain(world, given_domain)):
        raise _keystone(401, "Unauthorized", WRONG)


def _is_domain(world: World, domain: RequestFields) -> bool:
    account = world.account
    return domain.text("name", "") == account.domain or domain.text("id", "") == account.domain_id


def _scope(world: World, scope: RequestFields) -> str:
    if "project" not in scope:
        if not _is_domain(world, scope.inner("domain")):
            raise _keystone(401, "Unauthorized", "The domain in the scope is unknown.")
        return ""
    account, project = world.account, scope.inner("project")
    by_name = project.text("name", "") == account.project
    right_domain = "domain" not in project or _is_domain(world, project.inner("domain"))
    if (by_name and right_domain) or project.text("id", "") == account.project_id:
        return account.project_id
    raise _keystone(401, "Unauthorized", "The project in the scope is unknown.")


def _shown(call: IncomingCall, token: Token) -> Json:
    account = call.world.account
    domain = {"id": account.domain_id, "name": account.domain}
    expires = (job_time(token.expires) or "").replace("Z", "000Z")
    issued = (job_time(token.expires - LIFETIME) or "").replace("Z", "000Z")
    shown: Json = {
        "expires_at": expires,
        "issued_at": issued,
        "methods": token.methods,
        "user": {"id": account.user_id, "name": account.username, "domain": domain},
    }
    if token.project_id:
        shown["project"] = {"id": account.project_id, "name": account.project, "domain": domain}
        shown["roles"] = [{"id": str(number), "name": name} for number, name in enumerate(account.roles)]
        shown["catalog"] = catalog(call)
    return shown


def catalog(call: IncomingCall) -> Json:
    """The endpoints of the one origin, as the token answer lists them."""
    project, region = call.world.account.project_id, call.world.account.region
    urls = {
        "iam": ("identity", f"{call.origin}/v3"),
        "sdrs": ("sdrs", f"{call.origin}/v1/{project}"),
        "ecs": ("ecs", f"{call.origin}/v1/{project}"),
        "evs": ("evs", f"{call.origin}/v2/{project}"),
        "vpc": ("vpc", f"{call.origin}/v1/{project}"),
        "cinderv2": ("volumev2", f"{call.origin}/v2/{project}"),
        "nova": ("compute", f"{call.origin}/v2.1/{project}"),
        "cts": ("cts", f"{call.origin}/v3/{project}"),
    }
    return [
        {
            "id": f"{name}-service", "type": type_, "name": name,
            "endpoints": [{
                "id": f"{name}-endpoint", "interface": "public", "url": url,
                "region": region, "region_id": region,
            }],
        }
        for name, (type_, url) in urls.items()
    ]  # fmt: skip


@routes("GET", "/v3/auth/catalog")
def show_catalog(call: IncomingCall) -> Answer:
    """The endpoints, for those who sign their requests and get no token with them."""
    return ok({"catalog": catalog(call), "links": {"self": f"{call.origin}/v3/auth/catalog"}})


@routes("GET", "/v3/projects")
@routes("GET", "/v3/auth/projects")
def list_projects(call: IncomingCall) -> Answer:
    """The projects of the caller, by name if one is given."""
    account = call.world.account
    project = {
        "id": account.project_id, "name": account.project, "domain_id": account.domain_id,
        "enabled": True, "is_domain": False, "parent_id": account.domain_id, "description": "",
    }  # fmt: skip
    wanted = call.query.get("name") in ("", account.project)
    links = {"self": f"{call.origin}/v3/projects", "next": None, "previous": None}
    return ok({"projects": [project] if wanted else [], "links": links})
