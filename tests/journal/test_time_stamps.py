"""Time stamps of an authority outside: OpenSSL's own, behind a real HTTP server."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from drkit.journal import Entry
from drkit.journal.stamping import Stamp, stamp_faults
from drkit.report.proving import Proof
from drkit.report.run_record import RunRecord
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.closing import at_the_end

OPENSSL = shutil.which("openssl") or ""
CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


class Authority:
    """An authority with a certificate of its own; `turn` changes what it answers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.answers = folder, 0
        self.status, self.instead = 200, b""
        key = rsa.generate_private_key(65537, 2048)
        self.root = folder / "root.pem"
        root_key = rsa.generate_private_key(65537, 2048)
        root = _certificate("Root", root_key, root_key, ca=True)
        signer = _certificate("Time", key, root_key, ca=False)
        self.root.write_bytes(root.public_bytes(Encoding.PEM))
        (folder / "signer.pem").write_bytes(signer.public_bytes(Encoding.PEM))
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "key.pem").write_bytes(pem)
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))

    def answer(self, request: bytes) -> bytes:
        self.answers += 1
        (self.folder / "request").write_bytes(request)
        words = ["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "request", "-out", "answer"]
        signer = ["-signer", "signer.pem", "-inkey", "key.pem"]
        subprocess.run([OPENSSL, *words, *signer], cwd=self.folder, check=True, capture_output=True)
        return self.instead or (self.folder / "answer").read_bytes()


def _certificate(name: str, key: rsa.RSAPrivateKey, by: rsa.RSAPrivateKey, *, ca: bool) -> x509.Certificate:
    now, stamping = datetime.now(UTC), x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Root")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    return (built if ca else built.add_extension(stamping, critical=True)).sign(by, hashes.SHA256())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Authority, str]]:
    if not OPENSSL:
        pytest.skip("No openssl on this machine: install it to have records stamped by its authority")
    there = Authority(tmp_path_factory.mktemp("authority"))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            content = there.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(there.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield there, f"http://127.0.0.1:{server.server_port}/tsr"
        server.shutdown()
        thread.join()


@pytest.fixture
def authority(served: tuple[Authority, str], monkeypatch: pytest.MonkeyPatch) -> Authority:
    there, url = served
    monkeypatch.setenv("DRKIT_TIMESTAMPS", url)
    monkeypatch.setenv("DRKIT_TIMESTAMP_CERTS", str(there.root))
    there.status, there.instead = 200, b""
    return there


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("DRKIT_REPORTS", str(tmp_path / "reports"))
    return at_the_end.enter_context(practise(Sandbox(speed=2000), journal=tmp_path / "journal.sqlite"))


def ran(site: Site, pair: str = "app-cache-01") -> str:
    run = site.run(site.plan_attach("app-01", [pair]), "shop-backend")
    run.wait(60)
    return run.id


def proof(site: Site, run_id: str) -> Proof:
    return RunRecord(site.journal, run_id).prove()


def test_a_run_that_is_over_is_stamped_and_holds_against_the_authority(
    site: Site, authority: Authority
) -> None:
    run = ran(site)
    (stamp,) = site.journal.stamps(run)
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert stamp.entries == len(site.journal.entries(run))
    found = proof(site, run)
    assert found.faults == []
    assert any("the time stamp of http://127.0.0.1" in each for each in found.outside)
    RunRecord(site.journal, run).note("Later.", "Ada")
    assert any("1 entries that came after the time stamp" in each for each in proof(site, run).unchecked)


def test_a_record_that_is_written_anew_does_not_hold_against_its_stamp(
    site: Site, authority: Authority
) -> None:
    run = ran(site)
    (stamp,) = site.journal.stamps(run)
    entries = site.journal.entries(run)
    faults = [_faults(stamp, entries[:-1]), _faults(stamp, [*entries[:-1], entries[0]])]
    assert "The end of the record was cut off" in faults[0]
    assert "The record was written anew" in faults[1]
    other = Stamp(run, stamp.entries, entries[0].hash, stamp.authority, stamp.token)
    assert "is not about them: it was altered" in _faults(other, entries)
    assert "is not about them: it was altered" in _faults(Stamp(run, 1, "", "", "no token"), entries)


def _faults(stamp: Stamp, entries: list[Entry]) -> str:
    return " ".join(stamp_faults([stamp], entries))


def test_whose_word_it_is_has_to_be_known(
    site: Site, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ran(site)
    monkeypatch.delenv("DRKIT_TIMESTAMP_CERTS")
    assert any("names no certificates to hold it against" in each for each in proof(site, run).unchecked)
    monkeypatch.setenv("DRKIT_TIMESTAMP_CERTS", str(tmp_path / "none.pem"))
    assert any("none.pem cannot be read" in each for each in proof(site, run).unchecked)
    (tmp_path / "others").mkdir()
    monkeypatch.setenv("DRKIT_TIMESTAMP_CERTS", str(Authority(tmp_path / "others").root))
    assert any("is not by these certificates" in each for each in proof(site, run).faults)


def test_without_an_answer_the_run_ends_all_the_same_and_verifying_says_so(
    site: Site, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    authority.status = 503
    run = ran(site)
    assert "has no time stamp of http://127.0.0.1" in caplog.text
    assert "it answered 503" in caplog.text
    assert site.journal.stamps(run) == ()
    assert RunRecord(site.journal, run).written
    assert any("time stamps: there is none of it" in each for each in proof(site, run).unchecked)


@pytest.mark.parametrize("instead", ["of another record", "no stamp", "too long"])
def test_an_answer_that_is_no_stamp_of_this_record_is_not_kept(
    site: Site, authority: Authority, instead: str, caplog: pytest.LogCaptureFixture
) -> None:
    if instead == "of another record":
        ran(site, "app-cache-02")
        authority.instead = (authority.folder / "answer").read_bytes()
    else:
        authority.instead = b"no stamp" if instead == "no stamp" else b"x" * 1_000_001
    run = ran(site)
    assert site.journal.stamps(run) == ()
    assert "is no time stamp of this record" in caplog.text or "its answer does not end" in caplog.text


def test_an_authority_that_is_not_there_is_said_in_words(site: Site) -> None:
    with pytest.raises(ConnectionError, match="refused"):
        site.client.time_stamp("http://127.0.0.1:1/tsr", b"request")
