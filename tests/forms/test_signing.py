"""A profile whose password a person types: the form asks, goes on, and keeps nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ipywidgets import Password

from drkit.api.asking import forget_typed
from drkit.forms.starting import Overview
from drkit.sandbox import Sandbox, running


@pytest.fixture
def served() -> Iterator[Sandbox]:
    with running(Sandbox("demo", speed=1.0)) as sandbox:
        yield sandbox


@pytest.fixture
def view(served: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Overview]:
    forget_typed("env")
    access = served.access
    for name, value in {
        "OS_AUTH_URL": access["iam_url"], "OS_USERNAME": access["username"],
        "OS_USER_DOMAIN_NAME": access["domain"], "OS_PROJECT_NAME": access["project"],
        "OS_REGION_NAME": access["region"], "DRKIT_JOURNAL": str(tmp_path / "journal.sqlite"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    shown = Overview("env")
    shown.engine.settle()
    yield shown
    shown.secret.close()
    shown.leave()
    shown.engine.settle()


def enter(view: Overview, text: str) -> None:
    view.secret.field.value = text
    view.secret.enter()
    view.engine.settle()


def test_the_password_is_asked_for_in_a_field_and_the_form_goes_on_with_it(
    served: Sandbox, view: Overview
) -> None:
    assert isinstance(view.secret.field, Password)
    assert (view.secret.layout.display, view.secret.field.description) == ("flex", "Password of env")
    assert "password of profile env is needed" in view.trouble.value
    enter(view, served.access["password"])
    assert view.secret.layout.display == "none"
    assert "shop-backend" in view.groups.value


def test_what_was_typed_stands_in_no_widget_afterwards(served: Sandbox, view: Overview) -> None:
    enter(view, served.access["password"])
    states = repr(
        [each.get_state() for each in (view.secret, view.secret.field, *view.connection().children)]
    )
    assert served.access["password"] not in states


def test_a_wrong_password_is_told_and_asked_for_once_more(served: Sandbox, view: Overview) -> None:
    enter(view, "hush-wrong")
    assert "The user, the domain or the password is wrong" in view.trouble.value
    assert "hush" not in view.trouble.value
    view.read()
    view.engine.settle()
    assert view.secret.layout.display == "flex"
    enter(view, served.access["password"])
    assert "shop-backend" in view.groups.value


def test_nothing_typed_is_nothing_sent(served: Sandbox, view: Overview) -> None:
    before = served.world.requests
    enter(view, "")
    assert served.world.requests == before
    assert view.secret.layout.display == "flex"
