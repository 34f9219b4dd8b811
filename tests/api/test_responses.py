import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.api.responses import Response, decode, job_id, retry_after, token_refused
from drkit.api.secret import Secret
from drkit.api.wire import Json, Request
from drkit.errors import (
    BusyError,
    DrkitError,
    GoneError,
    OutcomeUnknownError,
    ServiceError,
    SignInError,
    UnavailableError,
    WireError,
)
from drkit.showing import clean

READ = Request("GET", "/replications/1")
CHANGE = Request("POST", "/protected-instances/1/attachreplication", changes=True)
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><script>alert(1)</script></body></html>"


def answered(status: int, body: Json = None, **headers: str) -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def error_of(answer: Response, request: Request = READ, *secrets: Secret) -> DrkitError:
    with pytest.raises(DrkitError) as raised:
        decode(answer, request, secrets)
    return raised.value


def service_error(answer: Response, request: Request = READ, *secrets: Secret) -> ServiceError:
    error = error_of(answer, request, *secrets)
    assert isinstance(error, ServiceError)
    return error


class TestSuccess:
    def test_is_the_json_of_the_body(self) -> None:
        assert decode(answered(200, {"job_id": "1"}), READ) == {"job_id": "1"}

    def test_without_a_body_is_nothing(self) -> None:
        assert decode(Response(204, {}, b""), READ) is None

    @pytest.mark.parametrize(
        "body", [b"", b'{"replications": [{"id": "1', b"\xff\xfe\xff", b"[" * 100_000, b'{"a": NaN}', HTML]
    )
    def test_that_is_no_json_is_a_wire_error_for_a_read(self, body: bytes) -> None:
        error = error_of(answered(200, body))
        assert isinstance(error, WireError)
        assert "GET /replications/1 answered 200 but no readable JSON" in str(error)

    def test_that_is_no_json_leaves_the_outcome_of_a_change_open(self) -> None:
        error = error_of(answered(200, b'{"job_id": "ab', x_request_id="req-7"), CHANGE)
        assert isinstance(error, OutcomeUnknownError)
        assert "not known (request id req-7)" in str(error)
        assert error.request_id == "req-7"

    def test_of_a_change_holds_a_job_id(self) -> None:
        body = {"job_id": "0000000062db92d70162db9d200f000a"}
        assert job_id(answered(200, body), CHANGE, body) == body["job_id"]

    @pytest.mark.parametrize(
        "body", [None, {}, {"job_id": None}, {"job_id": ""}, {"job_id": "../x"}, ["job_id"]]
    )
    def test_of_a_change_without_a_job_id_leaves_its_outcome_open(self, body: Json) -> None:
        with pytest.raises(OutcomeUnknownError, match="without a job id"):
            job_id(answered(200, body), CHANGE, body)


class TestRefusal:
    @pytest.mark.parametrize(
        ("body", "code", "message"),
        [
            ({"error": {"message": "Attached.", "code": "SDRS.1605"}}, "SDRS.1605", "Attached."),
            ({"badrequest": {"message": "Bad.", "code": 400}}, "400", "Bad."),
            ({"itemNotFound": {"message": "None."}}, "", "None."),
            ({"error_msg": "No such API.", "error_code": "APIGW.0101"}, "APIGW.0101", "No such API."),
            ({"message": "Flat.", "code": "X.1"}, "X.1", "Flat."),
            ({"error": "a mere text"}, "", '{"error": "a mere text"}'),
            (["a list"], "", '["a list"]'),
            (HTML, "", "502 Bad Gateway"),
            (b"<p>Plain &amp; <b>simple</b></p>", "", "Plain &amp; simple"),
            (b"", "", "no reason given"),
            (b'{"error": {"message": "Cut', "", '{"error": {"message": "Cut'),
        ],
    )
    def test_tells_code_and_message_in_any_shape(self, body: Json, code: str, message: str) -> None:
        error = service_error(answered(400, body, x_request_id="req-9"))
        assert (error.status, error.code, error.message) == (400, code, message)
        assert error.request_id == "req-9"
        assert type(error) is ServiceError

    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        [
            (400, "SDRS.1605", ServiceError),
            (401, "APIGW.0301", SignInError),
            (400, "SDRS.0002", SignInError),
            (403, "SDRS.0005", ServiceError),
            (400, "SDRS.1013", GoneError),
            (400, "SDRS.1320", GoneError),
            (400, "SDRS.1608", GoneError),
            (400, "SDRS.1902", GoneError),
            (404, "Ecs.0114", GoneError),
            (408, "X", UnavailableError),
            (409, "X", ServiceError),
            (429, "APIGW.0308", BusyError),
            (500, "SDRS.0013", UnavailableError),
            (503, "X", UnavailableError),
        ],
    )
    def test_is_of_the_kind_its_status_and_code_say(self, status: int, code: str, kind: type) -> None:
        assert type(error_of(answered(status, {"error": {"code": code, "message": "No."}}))) is kind

    @pytest.mark.parametrize("body", [{"error_code": "APIGW.0101", "error_msg": "No such API."}, HTML])
    def test_with_404_from_a_gateway_or_proxy_does_not_say_that_a_thing_is_gone(self, body: Json) -> None:
        assert type(error_of(answered(404, body))) is ServiceError

    def test_by_a_redirect_is_not_followed(self) -> None:
        assert "not followed" in str(error_of(answered(302, b"", location="https://elsewhere.test")))

    def test_of_a_change_with_4xx_is_final(self) -> None:
        for status in (400, 401, 403, 404, 409, 429):
            error = error_of(answered(status, {"error": {"code": "X", "message": "No."}}), CHANGE)
            assert isinstance(error, ServiceError)

    def test_of_a_change_with_5xx_or_408_leaves_its_outcome_open(self) -> None:
        for status in (408, 500, 502, 503, 504):
            error = error_of(answered(status, HTML, x_request_id="req-8"), CHANGE)
            assert isinstance(error, OutcomeUnknownError)
            assert str(status) in str(error)
            assert error.request_id == "req-8"


class TestToken:
    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (401, {"error_code": "APIGW.0301", "error_msg": "token expires"}),
            (401, {"error_code": "APIGW.0307", "error_msg": "renew"}),
            (401, {"error": {"code": 401, "message": "The request you have made requires authentication."}}),
            (400, {"error": {"code": "SDRS.0002", "message": "Invalid tenant token"}}),
        ],
    )
    def test_is_refused_when_the_body_says_so(self, status: int, body: Json) -> None:
        assert token_refused(answered(status, body))

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (401, HTML),
            (401, {"error": {"code": "X", "message": "?"}}),
            (403, {"error_code": "APIGW.0301"}),
            (500, {"error": {"code": "SDRS.0002", "message": "?"}}),
        ],
    )
    def test_is_not_called_refused_by_anything_else(self, status: int, body: Json) -> None:
        assert not token_refused(answered(status, body))


class TestRetryAfter:
    def test_is_told_in_seconds(self) -> None:
        error = error_of(answered(429, None, retry_after="7"))
        assert isinstance(error, BusyError)
        assert error.retry_after == 7.0

    def test_is_told_as_a_date_beside_the_servers_own(self) -> None:
        headers = {"date": "Mon, 02 Mar 2026 10:00:00 GMT", "retry-after": "Mon, 02 Mar 2026 10:00:30 -0000"}
        assert retry_after(Response(429, headers, b"")) == 30.0
        assert retry_after(Response(429, headers | {"date": "Mon, 02 Mar 2026 11:00:00 GMT"}, b"")) == 0.0

    @pytest.mark.parametrize("text", ["", "soon", "-1", "9" * 30, "Mon, 02 Mar 2026 10:00:30 GMT"])
    def test_that_cannot_be_read_is_none(self, text: str) -> None:
        assert retry_after(Response(429, {"retry-after": text}, b"")) is None


class TestServerWords:
    def test_lose_control_characters_and_line_breaks(self) -> None:
        assert clean("a\x1b[31mb\r\nc\u202ed\x00 \ud800e") == "a [31mb c d e"

    @given(st.text(max_size=2000))
    def test_are_one_printable_line_of_limited_length(self, text: str) -> None:
        shown = clean(text)
        assert len(shown) <= 300
        assert shown.isprintable()

    @pytest.mark.parametrize(
        "body", [{"error_msg": "bad token TOKEN/TOKEN", "error_code": "X"}, b"bad token TOKEN/TOKEN"]
    )
    def test_never_repeat_a_secret(self, body: Json) -> None:
        error = error_of(answered(401, body), READ, Secret("TOKEN/TOKEN"), Secret(""))
        assert "TOKEN" not in str(error)
        assert "bad token ***" in str(error)

    @pytest.mark.parametrize(
        "spelled", ["hush/hush/hush/hush", r"hush\/hush\/hush\/hush", r"\u0068ush/hush/hush/hush"]
    )
    def test_never_repeat_a_long_secret_in_a_value_however_it_is_spelled(self, spelled: str) -> None:
        body = (
            b'{"job_id": "1", "sub_jobs": [{"fail_reason": "X-Auth-Token %s, 42"}], "n": 4}'
            % spelled.encode()
        )
        found = decode(Response(200, {}, body), READ, (Secret("hush/hush/hush/hush"), Secret("1")))
        assert found == {"job_id": "1", "sub_jobs": [{"fail_reason": "X-Auth-Token ***, 42"}], "n": 4}

    @pytest.mark.parametrize("token", ["gAAAAABo" + "x-_Z" * 30, "MIIEpAIB" + "aB3/+-_" * 300])
    def test_never_repeat_what_looks_like_a_token_whoever_has_it(self, token: str) -> None:
        assert clean(f"token {token} has expired") == "token *** has expired"

    def test_never_repeat_a_part_of_a_secret_that_is_longer_than_what_is_shown(self) -> None:
        secret = "k3y" * 3000
        for body in ({"error_msg": f"bad {secret}"}, f"bad {secret}".encode()):
            assert "k3y" not in str(error_of(answered(401, body), READ, Secret(secret)))

    @given(st.integers(200, 599), st.binary(max_size=200), st.booleans())
    def test_whatever_they_are_end_in_json_or_an_error_of_ours(
        self, status: int, body: bytes, changes: bool
    ) -> None:
        request = CHANGE if changes else READ
        try:
            decode(answered(status, body), request)
        except DrkitError as error:
            assert str(error).isprintable()
