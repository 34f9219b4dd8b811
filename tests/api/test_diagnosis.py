"""Each refusal of a sign-in has its own sentence; and the catalogue of codes is whole."""

import json
import re
from datetime import UTC, timedelta
from email.utils import format_datetime

import pytest

from drkit.api import catalogue
from drkit.api.diagnosis import of_connection, of_refusal, of_skew
from drkit.api.transport import Open
from drkit.api.wire import Request
from drkit.errors import SignInError
from drkit.execution.remedies import REMEDIES, remedy
from drkit.rules import RULES
from drkit.sandbox.answers import CODES
from tests.api.scripted import Service, answer

IAM = "Incorrect IAM authentication information: "


@pytest.mark.parametrize(
    ("service", "status", "code", "message", "words"),
    [
        ("iam", 401, "401", "The username or password is wrong.",
         "The user, the domain or the password is wrong"),
        ("iam", 401, "401", "The user is locked.", "The user is locked"),
        ("iam", 401, "401", "Virtual MFA required.", "second factor.*OS_PASSCODE"),
        ("iam", 401, "401", "The project in the scope is unknown.", "IAM knows no such project"),
        ("iam", 404, "404", "Could not find project: eu-de_shop.", "IAM knows no such project"),
        ("iam", 401, "401", "Application credential is not valid.", "application credential is wrong"),
        ("iam", 401, "401", "The token must be updated.", "The token has ended"),
        ("iam", 403, "403", "You are not authorized.", "lacks the right"),
        ("iam", 500, "500", "Internal.", "^$"),
        ("sdrs", 401, "APIGW.0301", f"{IAM}Get secretKey failed,ak:x,err:ak not exist", "no such access key"),
        ("sdrs", 401, "APIGW.0301", f"{IAM}AK access failed to reach the limit.", "for five minutes"),
        ("sdrs", 401, "APIGW.0301", f"{IAM}verify aksk signature fail", "does not belong to the access key"),
        ("sdrs", 401, "APIGW.0301", f"{IAM}the temporary access key has expired", "access key has expired"),
        ("sdrs", 401, "APIGW.0301", f"{IAM}the security token is missing", "SECURITY_TOKEN"),
        ("sdrs", 401, "APIGW.0301", f"{IAM}X-Sdk-Date is too far away", "set this machine's clock"),
        ("sdrs", 401, "APIGW.0301", f"{IAM}decrypt token fail", "of another region"),
        ("sdrs", 401, "APIGW.0301", "No.", "drkit doctor"),
        ("sdrs", 403, "403", "Policy doesn't allow sdrs:protectionGroup:list to be performed.",
         "lacks the right sdrs:protectionGroup:list.*SDRS Administrator"),
        ("sdrs", 400, "SDRS.0005", "No permission", r"the right to do this \(SDRS on GET /x\)"),
        ("sdrs", 404, "APIGW.0101", "The API does not exist", "check the region"),
        ("sdrs", 400, "SDRS.1013", "gone", "The protection group is gone.*plan anew"),
        ("sdrs", 400, "SDRS.9999", "?", "^$"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_words(service: str, status: int, code: str, message: str, words: str) -> None:
    assert re.search(words, of_refusal(service, status, code, message, "SDRS on GET /x"))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed", "not trusted"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version", "No encryption"),
        ("407 Proxy Authentication Required", "HTTPS_PROXY"),
        ("[Errno -2] Name or service not known", "No such host"),
        ("[Errno 111] Connection refused", "Nothing listens"),
        ("nothing came in time", "Nothing answers"),
        ("something else", "Check the network"),
    ],
)
def test_a_connection_that_was_not_made_is_told_in_words(reason: str, words: str) -> None:
    assert words in of_connection(reason)


@pytest.mark.parametrize(("minutes", "words"), [(10, "10 min ahead of"), (-20, "20 min behind"), (1, "")])
def test_a_clock_that_is_off_is_the_reason_of_a_refused_sign_in(minutes: int, words: str) -> None:
    service = Service(answer(401, {"error_code": "APIGW.0301", "error_msg": "No."}))
    there = service.clock.now() - timedelta(minutes=minutes)
    service.replies[0].headers["Date"] = format_datetime(there.astimezone(UTC))  # type: ignore[union-attr]
    with pytest.raises(SignInError) as raised:
        service.transport.send(Request("GET", "/jobs/1"), "https://sdrs.test", Open())
    assert words in raised.value.advice
    assert (words in str(raised.value)) is True
    assert bool(of_skew(minutes * 60)) is bool(words)
    service.transport.close()


class TestCatalogue:
    def test_has_every_code_of_the_service_with_its_status(self) -> None:
        assert len(catalogue()) == 218
        assert {code: (it.status, it.message) for code, it in catalogue().items()} == dict(CODES)

    def test_has_cause_and_remedy_for_every_code_that_a_rule_names_or_a_run_knows(self) -> None:
        named = {
            code for rules in RULES.values() for rule in rules for code in rule.codes if code in catalogue()
        } | (REMEDIES.keys() & catalogue().keys())
        assert [code for code in named if not (catalogue()[code].cause and catalogue()[code].remedy)] == []

    def test_each_word_of_ours_is_a_sentence(self) -> None:
        words = [text for it in catalogue().values() for text in (it.cause, it.remedy) if text]
        assert [text for text in words if not re.fullmatch(r"[A-Z].*\.", text)] == []
        assert all(bool(it.cause) is bool(it.remedy) for it in catalogue().values())

    def test_serves_a_run_for_what_that_has_no_words_of_its_own(self) -> None:
        assert remedy("SDRS.1357") == catalogue()["SDRS.1357"].remedy
        assert remedy("SDRS.1922") == REMEDIES["SDRS.1922"]
        assert remedy("SDRS.9999").startswith("Look at the state")


def test_the_request_id_of_a_refusal_is_kept() -> None:
    body = json.loads('{"error": {"code": "SDRS.1013", "message": "No group."}}')
    service = Service(answer(400, body, X_Request_Id="req-7"))
    with pytest.raises(Exception, match="No group") as raised:
        service.transport.send(Request("GET", "/jobs/1"), "https://sdrs.test", Open())
    assert getattr(raised.value, "request_id", "") == "req-7"
    service.transport.close()
