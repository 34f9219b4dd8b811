"""The signer against the vendor's own, which writes into the home folder when it is imported."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.api import signer
from drkit.api.auth import KeyAuth
from drkit.api.logins import KeyLogin
from drkit.api.secret import Secret
from drkit.api.transport import OutgoingCall
from drkit.api.wire import Request
from drkit.clock import SteppedClock

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SEGMENT = st.text(
    st.characters(codec="utf-8", exclude_characters="/%", exclude_categories=["Cs"]), max_size=8
)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
HEADER = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=12)
KEY = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)

Sign = Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Sign:
    home: Path = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        from huaweicloudsdkcore.auth.credentials import BasicCredentials  # type: ignore[import-untyped]
        from huaweicloudsdkcore.sdk_request import SdkRequest  # type: ignore[import-untyped]
        from huaweicloudsdkcore.signer.signer import Signer  # type: ignore[import-untyped]

    def sign(
        method: str,
        path: str,
        query: list[tuple[str, str]],
        headers: dict[str, str],
        body: bytes,
        **keys: str,
    ) -> dict[str, Any]:
        credentials = BasicCredentials(keys["access_key"], keys["secret_key"], "project")
        request = SdkRequest(
            method=method,
            host="host",
            resource_path=path,
            query_params=list(query),
            header_params=dict(headers),
            body=body,
        )
        return dict(Signer(credentials).sign(request).header_params)

    return sign


@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    segments=st.lists(SEGMENT, max_size=4),
    query=st.lists(st.tuples(TEXT, TEXT), max_size=4),
    headers=st.dictionaries(st.from_regex(r"X-[A-Za-z]{1,6}", fullmatch=True), HEADER, max_size=3),
    body=st.binary(max_size=40),
    access_key=KEY,
    secret_key=KEY,
)
def test_a_signature_is_the_one_the_vendors_signer_makes(
    vendor: Sign,
    method: str,
    segments: list[str],
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
    access_key: str,
    secret_key: str,
) -> None:
    path = "/".join(["", "v1", *segments])
    lower = {name.lower(): value for name, value in headers.items()}
    signed = {"Host": "sdrs.example.test", "X-Sdk-Date": signer.date_header(NOW), **lower}
    keys = {"access_key": access_key, "secret_key": secret_key}
    ours = signer.authorization(method, path, query, signed, body, **keys)
    assert ours == vendor(method, path, query, signed, body, **keys)["Authorization"]


@given(
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    segments=st.lists(SEGMENT.filter(bool), min_size=1, max_size=3),
    query=st.lists(st.tuples(TEXT, TEXT), max_size=3, unique_by=lambda pair: pair[0]),
    body=st.none() | st.dictionaries(TEXT, TEXT, max_size=2),
    keys=st.tuples(KEY, KEY, KEY),
)
def test_a_request_with_temporary_keys_bears_the_headers_that_the_vendors_credentials_give_it(
    vendor: Sign,
    method: str,
    segments: list[str],
    query: list[tuple[str, str]],
    body: dict[str, str] | None,
    keys: tuple[str, str, str],
) -> None:
    from huaweicloudsdkcore.auth.credentials import BasicCredentials
    from huaweicloudsdkcore.sdk_request import SdkRequest

    path = "".join(f"/{quote(part, safe='')}" for part in segments)
    request = Request(method, path, tuple(query), body=body)
    call = OutgoingCall.of(request, "https://sdrs.example.test/v1/p")
    clock = SteppedClock(NOW)
    ours = KeyAuth(KeyLogin(keys[0], Secret(keys[1]), Secret(keys[2])), clock, "p").headers(call)
    theirs = SdkRequest(
        method=method,
        host="sdrs.example.test",
        resource_path=unquote(f"/v1/p{path}"),
        query_params=list(query),
        header_params={"X-Sdk-Date": signer.date_header(NOW), "X-Project-Id": "p"},
        body=call.body,
    )
    credentials = BasicCredentials(keys[0], keys[1], "p").with_security_token(keys[2])
    signed = credentials.sign_request(theirs).header_params
    assert {name.lower(): value.reveal() for name, value in ours.items()} == {
        name.lower(): value for name, value in signed.items()
    }


def test_the_date_is_written_without_separators_in_utc() -> None:
    assert signer.date_header(NOW) == "20260302T100000Z"


def test_a_percent_encoded_path_signs_as_what_it_spells() -> None:
    def sign(path: str) -> str:
        headers = {"Host": "h", "X-Sdk-Date": "20260302T100000Z"}
        return signer.authorization("GET", path, (), headers, b"", access_key="a", secret_key="s")

    assert sign("/v1/a%20b") == sign("/v1/a b") == sign("/v1/a%20b/")
    assert sign("/v1/a%20b") != sign("/v1/a%20c")
