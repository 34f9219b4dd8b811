"""clouds.yaml, secure.yaml and profiles.toml: what comes from where, and what is refused."""

from pathlib import Path

import keyring
import keyring.backend
import pytest
from keyring.errors import KeyringError

from drkit.api import Access, Secret, journal_of, names, profile, remember, settings_of
from drkit.api.asking import LateSecret, forget_typed
from drkit.api.logins import ApplicationLogin, KeyLogin, PasswordLogin
from drkit.errors import ProfileError, SecretNeededError

CLOUDS = """
clouds:
  otc:
    profile: otc
    auth: {username: jane, user_domain_name: OTC0001, project_name: eu-nl_shop}
  plain:
    auth:
      auth_url: https://iam.eu-de.otc.t-systems.com/v3
      username: jane
      password: hush-clouds
      user_domain_name: OTC0001
      tenant_name: eu-de_dr
    region_name: eu-de
    sdrs_endpoint_override: https://sdrs.example.test/v1
    cacert: /etc/our.pem
  keyed: {region_name: eu-de, ak: AK1, sk: hush-sk, auth: {project_id: "0123"}}
  robot:
    auth_type: v3applicationcredential
    auth:
      auth_url: https://iam.example.test
      application_credential_id: a1
      application_credential_secret: hush-app
    region_name: here-1
  loose: {verify: false, auth: {auth_url: https://iam.test, username: x}}
  far: {profile: "https://vendor.example.test", auth: {username: x}}
  empty:
"""
SECURE = "clouds: {otc: {auth: {password: hush-secure}}}"
PROFILES = """
[night]
cloud = "otc"
access = "drill only"
journal = "night.sqlite"
requests_a_second = 20
drill_days = 30
quota_share = 0.8
[plain]
access = "real"
[whole]
auth_url = "https://iam.example.test"
username = "jane"
user_domain = "d"
project = "p"
region = "here-1"
password = {prompt = true}
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable, name, text in (
        ("OS_CLIENT_CONFIG_FILE", "clouds.yaml", CLOUDS),
        ("OS_CLIENT_SECURE_FILE", "secure.yaml", SECURE),
        ("DRKIT_PROFILES", "profiles.toml", PROFILES),
    ):
        (tmp_path / name).write_text(text)
        monkeypatch.setenv(variable, str(tmp_path / name))
    return tmp_path


def say(files: Path, text: str) -> None:
    (files / "profiles.toml").write_text(text)


class TestClouds:
    def test_all_of_them_are_profiles(self, files: Path) -> None:
        assert names()[:5] == ("sandbox", "env", "night", "plain", "whole")
        assert {"otc", "keyed", "robot"} <= {*names()}

    def test_a_password_comes_from_secure_yaml_and_the_rest_from_clouds_yaml_and_its_vendor(
        self, files: Path
    ) -> None:
        found = settings_of("otc")
        assert (found["password"].shown, found["password"].where) == ("***", str(files / "secure.yaml"))
        assert (found["project"].text, found["project"].where) == ("eu-nl_shop", str(files / "clouds.yaml"))
        assert (found["auth_url"].text, found["auth_url"].where) == (
            "https://iam.eu-nl.otc.t-systems.com/v3",
            "the vendor profile otc",
        )
        assert (found["region"].text, found["region"].where) == ("eu-nl", "told by the project's name")
        login = profile("otc").login
        assert isinstance(login, PasswordLogin)
        assert (login.username, login.password.reveal()) == ("jane", "hush-secure")

    def test_a_whole_cloud_is_a_profile_which_a_table_of_the_same_name_completes(self, files: Path) -> None:
        found = profile("plain")
        assert (found.project, found.region, found.ca_file) == ("eu-de_dr", "eu-de", "/etc/our.pem")
        assert found.endpoints == {"sdrs": "https://sdrs.example.test"}
        assert found.access is Access.REAL
        assert profile("otc").access is Access.READ_ONLY

    def test_keys_and_application_credentials_are_taken(self, files: Path) -> None:
        keys, robot = profile("keyed"), profile("robot")
        assert isinstance(keys.login, KeyLogin)
        assert isinstance(robot.login, ApplicationLogin)
        assert (keys.login.access_key, keys.project_id) == ("AK1", "0123")
        assert (robot.login.id, robot.project) == ("a1", "")

    def test_no_secret_is_shown(self, files: Path) -> None:
        shown = "".join(
            repr(profile(name)) + repr(settings_of(name)) for name in ("otc", "plain", "keyed", "robot")
        )
        assert "hush" not in shown

    def test_a_password_that_stands_nowhere_is_taken_from_the_environment(
        self, files: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (files / "secure.yaml").write_text("clouds: {}")
        monkeypatch.setenv("OS_PASSWORD", "hush-env")
        assert settings_of("otc")["password"].called == "OS_PASSWORD"
        assert profile("otc").unused == ()

    @pytest.mark.parametrize(
        ("variable", "value"), [("OS_AUTH_URL", "https://iam.other.test/v3"), ("OS_USERNAME", "joe")]
    )
    def test_a_password_of_another_cloud_or_user_is_never_taken(
        self, files: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
    ) -> None:
        (files / "secure.yaml").write_text("clouds: {}")
        monkeypatch.setenv("OS_PASSWORD", "hush-env")
        monkeypatch.setenv(variable, value)
        assert "password" not in settings_of("otc")
        assert {"OS_PASSWORD", variable} <= {*profile("otc").unused}
        assert "password" not in settings_of("keyed")

    def test_what_is_set_beside_it_and_not_used_is_told(
        self, files: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OS_USERNAME", "joe")
        monkeypatch.setenv("OS_CLOUD", "plain")
        assert profile("plain").unused == ("OS_USERNAME",)
        assert profile("otc").unused == ("OS_CLOUD", "OS_USERNAME")

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("loose", "turns the check of certificates off"),
            ("far", "vendor profile at an address"),
            ("empty", "holds no values"),
            ("odc", r"did you mean 'otc'\?"),
        ],
    )
    def test_what_cannot_be_used_is_told(self, files: Path, name: str, words: str) -> None:
        with pytest.raises(ProfileError, match=words):
            profile(name)

    @pytest.mark.parametrize("name", ["clouds.yaml", "secure.yaml"])
    def test_a_file_that_is_no_yaml_is_told_without_its_words(
        self, files: Path, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        (files / name).write_text("clouds:\n  password: hush: hush\n")
        with pytest.raises(ProfileError, match=rf"{name}, line 2: this is no YAML") as raised:
            profile("otc")
        assert "hush" not in str(raised.value) + caplog.text

    def test_a_file_that_holds_no_clouds_is_told(self, files: Path) -> None:
        (files / "clouds.yaml").write_text("- otc")
        with pytest.raises(
            ProfileError, match=r"cannot be used: .*clouds.yaml is empty or not a valid mapping"
        ):
            profile("otc")


class TestTables:
    def test_go_over_the_cloud_that_they_name(self, files: Path) -> None:
        found = profile("night")
        assert (found.project, found.access, found.journal) == (
            "eu-nl_shop",
            Access.DRILL_ONLY,
            "night.sqlite",
        )
        assert found.pacing.a_second == 20
        assert found.thresholds == {"drill_days": 30, "quota_share": 0.8}
        assert journal_of("night") == "night.sqlite"
        assert journal_of("otc") == journal_of("env") == journal_of("plain") == ""

    def test_the_password_in_an_address_is_masked_wherever_it_is_shown(self, files: Path) -> None:
        say(files, "[night]\ncloud = 'otc'\njournal = 'postgresql://dr:hush@db.test:5432/journal'")
        assert settings_of("night")["journal"].shown == "postgresql://dr:***@db.test:5432/journal"
        assert "hush" not in repr(profile("night"))
        assert "hush" in journal_of("night")

    def test_need_no_cloud(self, files: Path) -> None:
        assert profile("whole").auth_url == "https://iam.example.test/v3"

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("[night]\ncloud = 'otcc'", r"did you mean 'otc'\?"),
            ("[night]\nregoin = 'eu-de'", r"\[night\]: .*did you mean 'region'\?"),
            ("[night]\npassword = 'hush'", "stands there in plain"),
            ("[night]\npassword = {keyring = 'x'}", "none that can be fetched"),
            ("[night]\npassword = {command = 'pass show'}", "none that can be fetched"),
            ("[night]\nregion = ['eu-de']", "region must be a text or a number"),
            ("access = 'real'", "access stands outside of every profile"),
            ("[night", "is no TOML"),
            ("[night]\ncloud = 'otc'\ndrill_days = 0", "drill_days='0' is no number"),
            ("[night]\ncloud = 'otc'\nquota_share = 2", "quota_share='2' is no number"),
        ],
    )
    def test_that_are_wrong_are_told_without_repeating_a_secret(
        self, files: Path, text: str, words: str
    ) -> None:
        say(files, text)
        with pytest.raises(ProfileError, match=words) as raised:
            profile("night")
        assert "hush" not in str(raised.value)

    def test_a_file_that_was_named_has_to_be_there(self, files: Path) -> None:
        (files / "profiles.toml").unlink()
        with pytest.raises(ProfileError, match=r"DRKIT_PROFILES='.*' is not there"):
            profile("night")


class Wallet(keyring.backend.KeyringBackend):
    """A keyring that holds one password."""

    priority = 1.0  # pyright: ignore[reportAssignmentType]  # read from the class there

    def get_password(self, service: str, username: str) -> str | None:
        if service == "broken":
            raise KeyringError("hush")
        return "hush-keyring" if (service, username) == ("otc", "jane") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


class TestSecrets:
    def password(self, files: Path, source: str) -> str:
        say(files, f"[night]\ncloud = 'plain'\npassword = {source}")
        login = profile("night").login
        assert isinstance(login, PasswordLogin)
        assert isinstance(login.password, LateSecret)
        assert "hush" not in repr(login)
        return login.password.reveal()

    def test_come_from_the_keyring(self, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = keyring.get_keyring()
        keyring.set_keyring(Wallet())  # type: ignore[no-untyped-call]
        try:
            assert self.password(files, "{keyring = 'otc', user = 'jane'}") == "hush-keyring"
            with pytest.raises(
                ProfileError, match="The keyring has nothing for the password of profile night"
            ):
                self.password(files, "{keyring = 'otc', user = 'joe'}")
            with pytest.raises(ProfileError, match=r"does not give the password .*\(KeyringError\)\.$"):
                self.password(files, "{keyring = 'broken', user = 'joe'}")
        finally:
            keyring.set_keyring(before)

    def test_come_from_a_command_without_a_shell(self, files: Path) -> None:
        assert self.password(files, "{command = ['printf', 'hush $HOME\\nnote']}") == "hush $HOME"
        for command, words in (("['false']", "ended with code 1"), ("['true']", "printed nothing")):
            with pytest.raises(
                ProfileError, match=f"The command for the password of profile night .*{words}"
            ):
                self.password(files, f"{{command = {command}}}")
        with pytest.raises(ProfileError, match="cannot be run: No such file"):
            self.password(files, "{command = ['/nowhere/pass']}")

    def test_that_a_person_types_are_kept_for_this_process_until_they_are_refused(self, files: Path) -> None:
        with pytest.raises(SecretNeededError, match="nobody is here to type it") as raised:
            self.password(files, "{prompt = true}")
        assert (raised.value.profile, raised.value.what) == ("night", "password")
        remember("night", "password", Secret("hush-typed"))
        assert self.password(files, "{prompt = true}") == "hush-typed"
        assert self.password(files, "{prompt = true}") == "hush-typed"
        forget_typed("night")
        with pytest.raises(SecretNeededError):
            self.password(files, "{prompt = true}")
