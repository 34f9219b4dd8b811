import copy
import json
import pickle
from dataclasses import asdict, dataclass

import pytest

from drkit.api.secret import Secret

HUSH = "hush-123"


@dataclass
class Holder:
    secret: Secret


def test_a_secret_is_given_out_by_reveal_alone() -> None:
    assert Secret(HUSH).reveal() == HUSH


def test_no_way_of_printing_shows_a_secret() -> None:
    secret = Secret(HUSH)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>20}", f"{secret!r}", repr(Holder(secret))]
    shown += [repr([secret]), repr({"key": secret}), "%s" % secret]  # noqa: UP031 (one way of printing)
    assert not [each for each in shown if HUSH in each]


def test_a_secret_is_not_pickled_copied_or_written_as_json() -> None:
    secret = Secret(HUSH)
    for way in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps, lambda each: asdict(Holder(each))):
        with pytest.raises(TypeError) as raised:
            way(secret)
        assert HUSH not in str(raised.value)


def test_equal_secrets_are_equal_and_others_are_not() -> None:
    assert Secret(HUSH) == Secret(HUSH)
    assert hash(Secret(HUSH)) == hash(Secret(HUSH))
    assert Secret(HUSH) != Secret("other")
    assert Secret(HUSH) != HUSH


def test_an_empty_secret_is_false() -> None:
    assert Secret(HUSH)
    assert not Secret("")
