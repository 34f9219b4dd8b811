"""Why a cloud could not be reached or did not let somebody in, and what to do: sentences for people. Pure.

Sources: "Common Errors Related to IAM Authentication Information" of the API sign guide; the status codes of
IAM; the catalogue of codes. What a server says is looked at for its words only, and never repeated here.
"""

import re

from drkit.api.codes import catalogue

LARGEST_SKEW = 300.0
"""Seconds that a clock may be off before it is told as a cause; signatures are refused after 900."""

_SIGN_IN: tuple[tuple[str, str], ...] = (
    (r"lock",
     "The user is locked, as a rule for a quarter of an hour after wrong passwords. Wait, then check them."),
    (r"totp|mfa|passcode|verification code",
     "IAM wants a second factor, or did not take it: set OS_USER_ID and OS_PASSCODE, each code once."),
    (r"application credential", "The application credential is wrong, or was deleted. Make a new one."),
    (r"project|tenant|scope",
     "IAM knows no such project for this user: check its name or id, and the region that it is in."),
    (r"domain", "IAM knows no such domain: check the domain's name (the account's, not the company's)."),
    (r"disabled|frozen", "The user or the account is disabled. Ask the administrator of the domain."),
    (r"token", "The token has ended, or it is of another cloud. Get a new one, or sign in with a password."),
    (r"password|user|unauthorized|requires authentication",
     "The user, the domain or the password is wrong. Check all three; several wrong passwords lock the "
     "user."),
)  # fmt: skip
_GATEWAY: tuple[tuple[str, str], ...] = (
    (r"reach the limit|forbidden",
     "The access key is locked for five minutes after five refusals. Check its secret key, then wait."),
    (r"x-sdk-date|date|time ?stamp|signature (is )?expired|clock",
     "The time of the request is off: set this machine's clock by NTP."),
    (r"security token",
     "The keys are temporary: set HUAWEICLOUD_SDK_SECURITY_TOKEN to the token they came with."),
    (r"expired", "The access key has expired. Make a new one; temporary ones last a day at most."),
    (r"ak not exist|get secretkey|access key",
     "This cloud knows no such access key: it expired, was deleted or disabled, or is of another cloud. "
     "Make a new one, and check IAM's address and the region."),
    (r"signature|aksk", "The secret key does not belong to the access key, or this machine's clock is off."),
    (r"token",
     "The token has ended, or it is of another region. Sign in again; check the region of the profile."),
)  # fmt: skip
_NO_RIGHT = {"APIGW.0302", "APIG.0302", "SDRS.0003", "SDRS.0004", "SDRS.0005", "SDRS.0009"}
_CONNECTION: tuple[tuple[str, str], ...] = (
    (r"CERTIFICATE_VERIFY_FAILED|certificate",
     "The certificate that came is not trusted. If your company's proxy puts its own in between, name its "
     "authority (OS_CACERT, or cacert in the profile); if not, somebody else answers there."),
    (r"SSL|TLS|handshake", "No encryption could be agreed on: is it the right port, and does a client need a "
     "certificate (OS_CERT)?"),
    (r"407|[Pp]roxy",
     "The proxy does not let this through: check HTTPS_PROXY (with user and password, if it wants "
     "them) and NO_PROXY."),
    (r"[Nn]ame or service not known|nodename|[Nn]ame resolution|getaddrinfo|No address",
     "No such host is known: check the region and the addresses of the profile, and this machine's DNS."),
    (r"refused", "Nothing listens there: check the address of the profile."),
    (r"time|unreachable",
     "Nothing answers there: check the network, a firewall in between, and HTTPS_PROXY."),
)  # fmt: skip


def of_connection(reason: str) -> str:
    """What to do about a connection that was not made, by the reason that the system gave."""
    usual = "Check the network, the proxy settings and the endpoints of the profile."
    return _first(_CONNECTION, reason, usual, 0)


def lasts(reason: str) -> bool:
    """Whether trying again helps nobody: a certificate does not become trusted by itself."""
    return bool(re.search(r"CERTIFICATE|certificate|407", reason))


def of_refusal(service: str, status: int, code: str, message: str, where: str) -> str:
    """What a refused request comes of, and what to do; empty where that is not known."""
    if service == "iam" and status in {400, 401, 403, 404} and not code.startswith("APIG"):
        if status == 403:
            return _no_right(message, where)
        return _first(_SIGN_IN, message, "")
    if status == 401:
        return _first(
            _GATEWAY, message, "Sign in again; if it stays so, check the profile with drkit doctor."
        )
    known = catalogue().get(code)
    if status == 403 or code in _NO_RIGHT:
        return _no_right(message, where)
    if code.startswith("APIG") and status == 404:
        return "There is no such service at this address: check the region and the endpoints of the profile."
    return f"{known.cause} {known.remedy}".strip() if known else ""


def of_skew(seconds: float) -> str:
    """That this machine's clock is off, where it is; `seconds` it is ahead of the service's."""
    if abs(seconds) <= LARGEST_SKEW:
        return ""
    way = "ahead of" if seconds > 0 else "behind"
    return f"This machine's clock is {abs(seconds) / 60:.0f} min {way} the service's: set it by NTP."


def _no_right(message: str, where: str) -> str:
    named = re.search(r"\b[a-z]+:[A-Za-z]+:[A-Za-z]+\b", message)
    right = f"the right {named[0]}" if named else f"the right to do this ({where})"
    return (
        f"The user lacks {right}. Have the administrator of the domain grant it in IAM (SDRS Administrator "
        f"for "
        "changes, Tenant Guest for reads), then sign in again."
    )


def _first(table: tuple[tuple[str, str], ...], text: str, usual: str, flags: int = re.IGNORECASE) -> str:
    return next((sentence for pattern, sentence in table if re.search(pattern, text, flags)), usual)
