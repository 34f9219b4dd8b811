import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drkit.api import Client, open_client, sandbox_profile
from drkit.api.checks import failing
from drkit.sandbox import Sandbox

pytestmark = pytest.mark.slow  # real servers that let a check wait


class _Shop(BaseHTTPRequestHandler):
    headers_seen: list[str]

    def do_GET(self) -> None:  # as http.server calls it
        self.headers_seen.extend(name.lower() for name in self.headers)
        status = int(self.path.strip("/"))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as http.server names it
        """Quiet."""


@contextmanager
def serving(trust: ssl.SSLContext | None = None) -> Iterator[str]:
    _Shop.headers_seen = []
    with HTTPServer(("127.0.0.1", 0), _Shop) as server:
        if trust:
            server.socket = trust.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"{'https' if trust else 'http'}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def shop() -> Iterator[str]:
    with serving() as url:
        yield url


def own_authority(folder: Path) -> Path:
    """A file with a certificate for 127.0.0.1 that only itself vouches for, and beside it its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Own Authority")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "ca.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    return folder / "ca.pem"


def test_a_clients_check_goes_past_the_sandbox_to_the_real_network_and_carries_no_token(
    client: Client, shop: str
) -> None:
    client.groups()
    assert client.check(f"{shop}/200") == ""
    assert client.check(f"{shop}/503") == "it answers 503"
    assert not {"x-auth-token", "authorization", "x-security-token"} & set(_Shop.headers_seen)


def test_a_certificate_of_an_own_authority_is_trusted_only_where_the_profile_names_it(
    tmp_path: Path, sandbox: Sandbox, client: Client
) -> None:
    ca_file = own_authority(tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(ca_file, tmp_path / "key.pem")
    profile = replace(sandbox_profile(sandbox.access), ca_file=str(ca_file))
    with open_client(profile, inner=sandbox.transport()) as trusting, serving(server_side) as url:
        assert trusting.check(f"{url}/200") == ""
        against = "it does not answer (its certificate is not trusted: self-signed certificate)"
        assert client.check(f"{url}/200") == against


def test_an_address_that_is_none_does_not_hold_and_breaks_nothing() -> None:
    for address in ("http://a\x00b/", f"tcp://{'a' * 70}.test:80", "ftp://127.0.0.1/"):
        assert failing(address).startswith("it does not answer (")


@pytest.mark.parametrize("status", [200, 204, 302])
def test_a_url_holds_when_it_answers_well(shop: str, status: int) -> None:
    assert failing(f"{shop}/{status}") == ""


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_url_that_answers_an_error_does_not_hold(shop: str, status: int) -> None:
    assert failing(f"{shop}/{status}") == f"it answers {status}"


def test_a_port_holds_when_it_takes_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        assert failing(check) == ""
    assert failing(check) == "it does not answer (Connection refused)"


def test_a_url_that_nobody_serves_does_not_hold() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert failing(f"http://127.0.0.1:{port}/") == "it does not answer (Connection refused)"


def test_something_that_answers_no_http_does_not_hold() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def mumble() -> None:
            line, _ = server.accept()
            line.recv(1000)
            line.sendall(b"mumble\r\n\r\n")
            line.close()

        thread = threading.Thread(target=mumble)
        thread.start()
        assert "does not answer" in failing(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()


@pytest.mark.parametrize("check", ["https://shop.invalid/health", "tcp://shop.invalid:443"])
def test_a_host_that_no_network_has_is_not_looked_for(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("asked for the address"))
    assert failing(check) == "it does not answer (names under .invalid exist on no network)"
