import pytest

from drkit.api.clouds import cloud_at, loopback, root
from drkit.api.logins import KeyLogin, PasswordLogin, TokenLogin
from drkit.api.profiles import Profile, chosen, profile, sandbox_profile
from drkit.errors import ProfileError, SecretNeededError

USER = {
    "OS_AUTH_URL": "https://iam.eu-de.otc.t-systems.com/v3",
    "OS_USERNAME": "jane",
    "OS_PASSWORD": "hush-1",
    "OS_USER_DOMAIN_NAME": "OTC0001",
    "OS_PROJECT_NAME": "eu-de_dr",
    "OS_REGION_NAME": "eu-de",
}
KEYS = {
    "OS_AUTH_URL": "https://iam.eu-de.otc.t-systems.com",
    "OS_ACCESS_KEY": "AK1",
    "OS_SECRET_KEY": "hush-2",
    "OS_PROJECT_ID": "0123",
    "OS_REGION_NAME": "eu-de",
}
ACCESS = {
    "url": "http://127.0.0.1:8000",
    "iam_url": "http://127.0.0.1:8000/v3",
    "project_id": "0123",
    "project": "sandbox-1",
    "region": "sandbox-1",
    "username": "operator",
    "password": "hush-3",
    "domain": "practice",
    "access_key": "AK",
    "secret_key": "hush-4",
}


def env(*dropped: str, **variables: str) -> Profile:
    return profile("env", {key: value for key, value in (USER | variables).items() if key not in dropped})


def by_keys(*dropped: str, **variables: str) -> Profile:
    return profile("env", {key: value for key, value in (KEYS | variables).items() if key not in dropped})


class TestChoosing:
    def test_takes_the_argument_then_the_variable_then_the_sandbox(self) -> None:
        assert chosen("env", {"DRKIT_PROFILE": "other"}) == "env"
        assert chosen(None, {"DRKIT_PROFILE": " env "}) == "env"
        assert chosen(None, {}) == "sandbox"

    def test_a_cloud_that_the_environment_names_is_never_taken_for_practice(self) -> None:
        assert chosen(None, {"OS_CLOUD": "otc"}) == "otc"
        assert chosen(None, {"OS_AUTH_URL": "https://iam.test/v3"}) == "env"
        assert chosen(None, {"OS_CLOUD": "otc", "OS_AUTH_URL": "https://iam.test/v3"}) == "otc"

    def test_the_practice_range_that_a_shell_was_given_comes_before_a_cloud_of_the_environment(self) -> None:
        assert chosen(None, {"OS_CLOUD": "otc", "DRKIT_SANDBOX": "{}"}) == "sandbox"
        assert chosen(None, {"OS_CLOUD": "otc", "DRKIT_PROFILE": "env"}) == "env"

    def test_an_unknown_profile_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(ProfileError, match=r"'emv'; did you mean 'env'\?"):
            profile("emv", {})
        with pytest.raises(ProfileError, match=r"'env', 'sandbox', and there is no clouds.yaml in this"):
            profile("production", {})

    def test_the_environment_of_this_process_is_read_by_default(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name, value in USER.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("DRKIT_PROFILE", "env")
        assert profile(chosen()).project == "eu-de_dr"


class TestUserProfile:
    def test_holds_what_the_variables_say(self) -> None:
        found = env()
        assert isinstance(found.login, PasswordLogin)
        assert (found.login.username, found.login.domain) == ("jane", "OTC0001")
        assert found.login.password.reveal() == "hush-1"
        assert (found.cloud, found.region, found.project) == ("Open Telekom Cloud", "eu-de", "eu-de_dr")
        assert found.endpoints == {}
        assert not found.sandbox

    def test_never_shows_a_secret(self) -> None:
        assert "hush" not in repr(env()) + repr(by_keys())

    @pytest.mark.parametrize("name", sorted({*USER} - {"OS_PASSWORD", "OS_REGION_NAME"}))
    def test_without_one_of_its_variables_names_it(self, name: str) -> None:
        with pytest.raises(ProfileError, match=name):
            env(name)

    def test_names_all_that_is_missing_at_once(self) -> None:
        with pytest.raises(ProfileError, match="set OS_USERNAME, OS_USER_DOMAIN_NAME"):
            env("OS_USERNAME", "OS_USER_DOMAIN_NAME")
        with pytest.raises(
            ProfileError, match="set OS_PROJECT_ID or OS_PROJECT_NAME, OS_AUTH_URL, OS_REGION_NAME"
        ):
            env("OS_PROJECT_NAME", "OS_AUTH_URL", "OS_REGION_NAME")

    def test_with_an_empty_environment_says_what_to_set(self) -> None:
        with pytest.raises(
            ProfileError, match=r"OS_USERNAME, OS_PASSWORD, .*, or OS_ACCESS_KEY and OS_SECRET_KEY"
        ):
            profile("env", {})

    @pytest.mark.parametrize("dropped", [("OS_PASSWORD",), ()])
    def test_a_password_that_nobody_can_be_asked_for_is_missing_and_an_empty_variable_is_none(
        self, dropped: tuple[str, ...]
    ) -> None:
        login = env(*dropped, **({} if dropped else {"OS_PASSWORD": "  "})).login
        assert isinstance(login, PasswordLogin)
        with pytest.raises(
            SecretNeededError, match=r"profile env needs its password.*: set OS_PASSWORD"
        ) as raised:
            login.password.reveal()
        assert (raised.value.profile, raised.value.what) == ("env", "password")

    def test_a_token_stands_in_for_a_password(self) -> None:
        login = env("OS_PASSWORD", OS_TOKEN="gAAAA").login
        assert isinstance(login, TokenLogin)
        assert login.token.reveal() == "gAAAA"

    def test_the_region_may_be_told_by_the_projects_name_only(self) -> None:
        assert env("OS_REGION_NAME").region == "eu-de"
        assert env("OS_REGION_NAME", OS_PROJECT_NAME="eu-nl_shop").region == "eu-nl"
        assert env("OS_REGION_NAME", OS_PROJECT_NAME="shop").region == "eu-de"  # as IAM's address has it
        with pytest.raises(ProfileError, match="set OS_REGION_NAME"):
            env("OS_REGION_NAME", OS_PROJECT_NAME="shop", OS_AUTH_URL="https://iam.example.test")

    def test_wins_over_keys_when_both_are_complete(self) -> None:
        assert isinstance(env(OS_ACCESS_KEY="AK1", OS_SECRET_KEY="x").login, PasswordLogin)

    @pytest.mark.parametrize(
        "url", ["https://iam.example.test", "https://iam.example.test/", "https://iam.example.test/v3/"]
    )
    def test_the_sign_in_address_ends_in_v3(self, url: str) -> None:
        assert env(OS_AUTH_URL=url).auth_url == "https://iam.example.test/v3"

    def test_a_cloud_that_is_not_known_is_called_by_its_host(self) -> None:
        assert env(OS_AUTH_URL="https://iam.example.test/v3").cloud == "iam.example.test"

    def test_explicit_addresses_are_taken_without_version_and_project(self) -> None:
        found = env(
            DRKIT_SDRS_URL="https://sdrs.example.test/v1/0123/", DRKIT_ECS_URL="https://gate.test/ecs"
        )
        assert found.endpoints == {"sdrs": "https://sdrs.example.test", "ecs": "https://gate.test/ecs"}

    @pytest.mark.parametrize(
        "url", ["sdrs.example.test", "ftp://sdrs.example.test", "https://", "http://[::1"]
    )
    def test_an_address_that_is_none_is_refused(self, url: str) -> None:
        with pytest.raises(ProfileError, match=r"DRKIT_SDRS_URL.* no address"):
            env(DRKIT_SDRS_URL=url)

    @pytest.mark.parametrize(
        "url", ["https://jane:hush-9@iam.test", "foo://jane:hush-9@iam.test", "https://iam.test?hush-9"]
    )
    def test_an_address_with_secrets_in_it_is_refused_without_repeating_them(self, url: str) -> None:
        with pytest.raises(ProfileError, match="OS_AUTH_URL must be a plain address") as raised:
            env(OS_AUTH_URL=url)
        assert "hush" not in str(raised.value)

    def test_secrets_are_not_sent_unencrypted_but_on_this_machine(self) -> None:
        with pytest.raises(ProfileError, match="not encrypted"):
            env(OS_AUTH_URL="http://iam.example.test/v3")
        assert env(OS_AUTH_URL="http://127.0.0.1:5000/v3").auth_url == "http://127.0.0.1:5000/v3"

    def test_a_project_id_that_could_not_be_part_of_a_path_is_refused(self) -> None:
        for text in ("a/b", "ü", "x" * 65):
            with pytest.raises(ProfileError, match="OS_PROJECT_ID"):
                env(OS_PROJECT_ID=text)

    def test_a_region_that_could_not_be_part_of_a_host_is_refused(self) -> None:
        with pytest.raises(ProfileError, match="OS_REGION_NAME"):
            env(OS_REGION_NAME="eu-de.evil.test/")


class TestKeyProfile:
    def test_knows_the_addresses_of_its_cloud(self) -> None:
        found = by_keys()
        assert isinstance(found.login, KeyLogin)
        assert found.login.access_key == "AK1"
        assert found.endpoints == {
            "sdrs": "https://sdrs.eu-de.otc.t-systems.com",
            "ecs": "https://ecs.eu-de.otc.t-systems.com",
            "evs": "https://evs.eu-de.otc.t-systems.com",
            "vpc": "https://vpc.eu-de.otc.t-systems.com",
        }

    def test_takes_the_vendors_names_for_the_keys_too(self) -> None:
        found = by_keys(
            "OS_ACCESS_KEY",
            "OS_SECRET_KEY",
            HUAWEICLOUD_SDK_AK="AK2",
            HUAWEICLOUD_SDK_SK="hush",
            HUAWEICLOUD_SDK_SECURITY_TOKEN="temporary",
        )
        assert isinstance(found.login, KeyLogin)
        assert (found.login.access_key, found.login.security_token.reveal()) == ("AK2", "temporary")

    def test_an_explicit_address_wins(self) -> None:
        assert (
            by_keys(DRKIT_SDRS_URL="https://sdrs.example.test").endpoints["sdrs"]
            == "https://sdrs.example.test"
        )

    def test_needs_no_sign_in_address_when_project_and_sdrs_are_named(self) -> None:
        sdrs = "https://sdrs.eu-west-1010.myhuaweicloud.com"
        found = by_keys("OS_AUTH_URL", OS_REGION_NAME="eu-west-1010", DRKIT_SDRS_URL=sdrs)
        assert (found.auth_url, found.cloud) == ("", "Huawei Cloud")

    def test_needs_the_sign_in_address_to_find_the_project_in_a_region_that_is_not_known(self) -> None:
        elsewhere = {"OS_REGION_NAME": "here-1", "DRKIT_SDRS_URL": "https://sdrs.test"}
        with pytest.raises(ProfileError, match="OS_AUTH_URL"):
            by_keys("OS_AUTH_URL", "OS_PROJECT_ID", OS_PROJECT_NAME="p", **elsewhere)

    def test_needs_the_address_of_sdrs_in_a_cloud_that_is_not_known(self) -> None:
        with pytest.raises(ProfileError, match="DRKIT_SDRS_URL"):
            by_keys(OS_AUTH_URL="https://iam.example.test", OS_REGION_NAME="here-1")

    @pytest.mark.parametrize(
        ("region", "iam", "sdrs"),
        [
            ("eu-nl", "https://iam.eu-nl.otc.t-systems.com/v3", "https://sdrs.eu-nl.otc.t-systems.com"),
            (
                "eu-ch2",
                "https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3",
                "https://sdrs.eu-ch2.sc.otc.t-systems.com",
            ),
            (
                "cn-north-4",
                "https://iam.cn-north-4.myhuaweicloud.com/v3",
                "https://sdrs.cn-north-4.myhuaweicloud.com",
            ),
            (
                "eu-west-101",
                "https://iam.eu-west-101.myhuaweicloud.eu/v3",
                "https://sdrs.eu-west-101.myhuaweicloud.eu",
            ),
            (
                "eu-west-0",
                "https://iam.eu-west-0.prod-cloud-ocb.orange-business.com/v3",
                "https://sdrs.eu-west-0.prod-cloud-ocb.orange-business.com",
            ),
        ],
    )
    def test_a_known_region_alone_tells_where_everything_is(self, region: str, iam: str, sdrs: str) -> None:
        found = by_keys("OS_AUTH_URL", "OS_PROJECT_ID", OS_REGION_NAME=region)
        assert (found.auth_url, found.endpoints["sdrs"], found.project) == (iam, sdrs, region)

    def test_makes_up_no_address_that_the_clouds_page_does_not_name(self) -> None:
        found = by_keys(OS_AUTH_URL="https://iam.eu-west-0.prod-cloud-ocb.orange-business.com/v3")
        assert (found.cloud, set(found.endpoints)) == ("FlexibleEngine", {"sdrs"})

    def test_with_half_a_key_pair_names_the_other_half(self) -> None:
        with pytest.raises(ProfileError, match="set OS_SECRET_KEY"):
            by_keys("OS_SECRET_KEY")
        with pytest.raises(ProfileError, match="set HUAWEICLOUD_SDK_AK"):
            by_keys("OS_ACCESS_KEY", "OS_SECRET_KEY", HUAWEICLOUD_SDK_SK="x")

    def test_a_key_with_characters_no_key_has_is_refused_without_repeating_it(self) -> None:
        with pytest.raises(ProfileError, match="OS_SECRET_KEY holds") as raised:
            by_keys(OS_SECRET_KEY="hush\nhush")
        assert "hush" not in str(raised.value)


class TestSandboxProfile:
    def test_goes_where_the_sandbox_says(self) -> None:
        found = sandbox_profile(ACCESS)
        assert found.sandbox
        assert set(found.endpoints.values()) == {"http://127.0.0.1:8000"}
        assert found.cloud == "sandbox"

    def test_lacking_a_word_is_refused(self) -> None:
        with pytest.raises(ProfileError, match="'password'"):
            sandbox_profile({key: value for key, value in ACCESS.items() if key != "password"})

    @pytest.mark.parametrize("key", ["url", "iam_url"])
    def test_elsewhere_than_on_this_machine_is_refused(self, key: str) -> None:
        with pytest.raises(ProfileError, match="is no sandbox"):
            sandbox_profile(ACCESS | {key: "https://sdrs.eu-de.otc.t-systems.com"})


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "https://sdrs.test",
            "https://sdrs.test/",
            "https://sdrs.test/v1",
            "https://sdrs.test/v1.0/0123",
            "https://sdrs.test/v2.1/0123/",
        ],
    )
    def test_lose_version_and_project(self, url: str) -> None:
        assert root(url) == "https://sdrs.test"

    def test_keep_a_path_before_the_version(self) -> None:
        assert root("https://gate.test/sdrs/v1/0123") == "https://gate.test/sdrs"

    def test_that_only_look_like_a_clouds_are_not_its(self) -> None:
        assert cloud_at("https://iam.eu-de.otc.t-systems.com/v3") is not None
        assert cloud_at("https://otc.t-systems.com.evil.test/v3") is None
        assert cloud_at("https://evilotc.t-systems.com/v3") is None
        assert cloud_at("") is None

    def test_on_this_machine_are_known(self) -> None:
        assert loopback("http://localhost:1")
        assert loopback("http://[::1]:1")
        assert not loopback("http://localhost.evil.test")
