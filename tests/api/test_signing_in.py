"""Each way to sign in, tried against a practice range that is really served; and openrc files."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from drkit.api import Client, open_client, profile
from drkit.api.asking import remember
from drkit.api.secret import Secret
from drkit.errors import ProfileError, SecretNeededError, SignInError
from drkit.sandbox import Sandbox, running
from drkit.sandbox.iam import passcode


@pytest.fixture
def served(sandbox: Sandbox) -> Iterator[Sandbox]:
    with running(sandbox):
        yield sandbox


def opened(sandbox: Sandbox, **variables: str) -> Client:
    """Signed in with these variables and the place of a sandbox; {} in them is a word of its own."""
    place = {"OS_AUTH_URL": "{iam_url}", "OS_PROJECT_NAME": "{project}", "OS_REGION_NAME": "{region}"}
    environ = {key: value.format(**sandbox.access) for key, value in (place | variables).items()}
    return open_client(profile("env", environ))


BY_NAME = {"OS_USERNAME": "{username}", "OS_PASSWORD": "{password}", "OS_USER_DOMAIN_NAME": "{domain}"}
BY_ID = {"OS_USER_ID": "{user_id}", "OS_PASSWORD": "{password}"}


class TestOpenrc:
    @pytest.mark.parametrize(
        "spelled",
        [
            {"OS_PROJECT_NAME": "", "OS_TENANT_NAME": "{project}"},
            {"OS_PROJECT_NAME": "", "OS_TENANT_ID": "{project_id}"},
            {"OS_PROJECT_NAME": "", "HUAWEICLOUD_SDK_PROJECT_ID": "{project_id}"},
            {"OS_USER_DOMAIN_NAME": "", "OS_DOMAIN_NAME": "{domain}"},
            {"OS_PROJECT_DOMAIN_NAME": ""},
            {"OS_PROJECT_DOMAIN_NAME": "{domain}"},
            {"OS_AUTH_TYPE": "v3password"},
            {"OS_AUTH_URL": "{url}", "OS_IDENTITY_API_VERSION": "3"},
            {"OS_AUTH_URL": "{url}/v2.0"},
        ],
    )
    def test_every_spelling_that_clouds_hand_out_signs_in(
        self, served: Sandbox, spelled: dict[str, str]
    ) -> None:
        with opened(served, **(BY_NAME | spelled)) as client:
            assert client.groups()
            assert client.user == "operator of practice"

    def test_a_user_may_be_named_by_id(self, served: Sandbox) -> None:
        with opened(served, **BY_ID) as client:
            assert client.groups()
            assert client.user == "operator"

    def test_the_domain_may_be_named_by_id(self, served: Sandbox) -> None:
        ids = {"OS_USER_DOMAIN_ID": served.world.account.domain_id, "OS_PROJECT_DOMAIN_ID": ""}
        with opened(served, **(BY_NAME | ids), OS_PROJECT_DOMAIN_NAME="{domain}") as client:
            assert client.groups()
        named = {"OS_USER_DOMAIN_NAME": "", **ids}
        with opened(served, **(BY_NAME | named)) as client:
            assert client.groups()

    def test_a_region_that_only_the_projects_name_tells_is_the_region(self, sandbox: Sandbox) -> None:
        account = sandbox.world.account
        account.project, account.region = "eu-de_shop", "eu-de"
        with running(sandbox), opened(sandbox, **BY_NAME, OS_REGION_NAME="") as client:
            assert client.backend.region == "eu-de"
        by_id = {"OS_REGION_NAME": "", "OS_PROJECT_NAME": "", "OS_PROJECT_ID": "{project_id}"}
        with running(sandbox), opened(sandbox, **BY_NAME, **by_id) as client:
            assert client.backend.region == "eu-de"

    def test_a_project_whose_name_tells_no_region_needs_one_named(self, served: Sandbox) -> None:
        by_id = {"OS_REGION_NAME": "", "OS_PROJECT_NAME": "", "OS_PROJECT_ID": "{project_id}"}
        with pytest.raises(ProfileError, match="'sandbox-1' tells no region; set OS_REGION_NAME"):
            opened(served, **BY_NAME, **by_id)


class TestToken:
    def test_that_somebody_else_got_is_exchanged_for_one_of_the_project(self, served: Sandbox) -> None:
        with opened(served, **BY_NAME):
            token = next(iter(served.world.tokens))
        with opened(served, OS_TOKEN=token) as client:
            assert client.groups()
            assert client.user == "operator"

    def test_that_has_ended_is_refused_once_and_not_shown(self, served: Sandbox) -> None:
        with opened(served, **BY_NAME):
            token, kept = next(iter(served.world.tokens.items()))
            kept.expires = served.world.wall - 1
        before = served.world.requests
        with pytest.raises(SignInError) as raised:
            opened(served, OS_AUTH_TYPE="v3token", OS_TOKEN=token)
        assert served.world.requests == before + 1
        assert token not in str(raised.value)


class TestApplicationCredential:
    SECRET: ClassVar = {"OS_APPLICATION_CREDENTIAL_SECRET": "{application_credential_secret}"}

    def test_signs_in_to_the_project_that_it_has_in_itself(self, served: Sandbox) -> None:
        named = {"OS_APPLICATION_CREDENTIAL_ID": "{application_credential_id}", "OS_PROJECT_NAME": ""}
        with opened(served, **self.SECRET, **named, OS_AUTH_TYPE="v3applicationcredential") as client:
            assert client.backend.project == "sandbox-1"

    def test_that_is_wrong_is_refused_and_not_shown(self, served: Sandbox) -> None:
        with pytest.raises(SignInError, match="401") as raised:
            opened(served, OS_APPLICATION_CREDENTIAL_ID="x", OS_APPLICATION_CREDENTIAL_SECRET="hush-hush")
        assert "hush" not in str(raised.value)

    def test_without_its_id_or_secret_is_incomplete(self, served: Sandbox) -> None:
        with pytest.raises(ProfileError, match="set OS_APPLICATION_CREDENTIAL_ID"):
            opened(served, **self.SECRET)
        with pytest.raises(ProfileError, match="set OS_APPLICATION_CREDENTIAL_SECRET"):
            opened(served, OS_AUTH_TYPE="v3applicationcredential", OS_APPLICATION_CREDENTIAL_ID="x")
        with pytest.raises(ProfileError, match="set OS_USERNAME, OS_USER_DOMAIN_NAME"):
            opened(served, **self.SECRET, OS_APPLICATION_CREDENTIAL_NAME="x")


class TestSecondFactor:
    @staticmethod
    def present(sandbox: Sandbox) -> str:
        return passcode(sandbox.access["seed"], int(sandbox.world.wall // 30))

    def test_a_passcode_is_sent_beside_the_password(self, served: Sandbox) -> None:
        served.world.account.second_factor = True
        with pytest.raises(SignInError, match="password and totp"):
            opened(served, **BY_ID)
        with opened(served, **BY_ID, OS_PASSCODE=self.present(served)) as client:
            assert client.groups()

    def test_a_passcode_counts_once_and_the_next_sign_in_asks_for_another(self, served: Sandbox) -> None:
        served.world.account.second_factor = True
        remember("env", "passcode", Secret(self.present(served)))
        with opened(served, **BY_ID, OS_AUTH_TYPE="v3multifactor") as client:
            assert client.groups()
            served.world.tokens.clear()
            with pytest.raises(SecretNeededError, match="needs its passcode"):
                client.groups()

    def test_the_user_is_named_by_id_then(self, served: Sandbox) -> None:
        with pytest.raises(ProfileError, match="by id only; set OS_USER_ID"):
            opened(served, **BY_NAME, OS_PASSCODE="123456")

    def test_passcodes_are_those_of_rfc_6238(self) -> None:
        seed = base64.b32encode(b"12345678901234567890").decode()
        assert [passcode(seed, at // 30) for at in (59, 1111111109, 20000000000)] == [
            "287082",
            "081804",
            "353130",
        ]


class TestKeys:
    TEMPORARY: ClassVar = {
        "HUAWEICLOUD_SDK_AK": "{temporary_access_key}",
        "HUAWEICLOUD_SDK_SK": "{temporary_secret_key}",
        "HUAWEICLOUD_SDK_SECURITY_TOKEN": "{security_token}",
        "DRKIT_SDRS_URL": "{url}",
    }

    def test_temporary_ones_come_with_their_security_token(self, served: Sandbox) -> None:
        with opened(served, **self.TEMPORARY) as client:
            assert client.groups()

    def test_temporary_ones_without_it_or_after_their_end_are_refused(self, served: Sandbox) -> None:
        with pytest.raises(SignInError, match="security token"):
            opened(served, **(self.TEMPORARY | {"HUAWEICLOUD_SDK_SECURITY_TOKEN": ""}))
        served.world.account.keys_end = served.world.wall - 1
        with pytest.raises(SignInError, match="expired"):
            opened(served, **self.TEMPORARY)

    def test_the_project_is_the_one_named_as_the_region_where_none_is_named(self, served: Sandbox) -> None:
        with opened(served, **self.TEMPORARY, OS_PROJECT_NAME="") as client:
            assert client.backend.project_id == served.access["project_id"]

    def test_a_wrong_one_is_tried_once_for_five_refusals_lock_it(self, served: Sandbox) -> None:
        before = served.world.requests
        with pytest.raises(SignInError, match="401"):
            opened(served, **(self.TEMPORARY | {"HUAWEICLOUD_SDK_SK": "wrong"}))
        assert served.world.requests == before + 1


class TestWithoutChanging:
    def test_who_may_only_read_is_told_so_by_the_service(self, served: Sandbox) -> None:
        served.world.account.roles = ["readonly"]
        with opened(served, **BY_NAME) as client:
            assert client.roles == ("readonly",)
            assert client.groups()


def test_an_unknown_way_to_sign_in_is_named_with_the_known_ones() -> None:
    with pytest.raises(ProfileError, match=r"OS_AUTH_TYPE='v3oidcpassword' is no way .* v3totp"):
        profile("env", {"OS_AUTH_TYPE": "v3oidcpassword", "OS_AUTH_URL": "https://iam.test"})


def test_certificates_are_always_checked() -> None:
    with pytest.raises(ProfileError, match=r"OS_INSECURE turns the check of certificates off.*OS_CACERT"):
        profile("env", {"OS_INSECURE": "true"})


def test_time_is_the_walls_for_passcodes(served: Sandbox) -> None:
    assert abs(served.world.wall - time.time()) < 60


def test_nothing_of_it_is_kept_in_files(served: Sandbox, tmp_path: Path) -> None:
    served.save(tmp_path / "world.json")
    text = (tmp_path / "world.json").read_text()
    for name in ("password", "secret_key", "application_credential_secret", "security_token", "seed"):
        assert served.access[name] not in text
