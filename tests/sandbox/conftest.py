import pytest

from tests.sandbox.practice import Practice


@pytest.fixture
def demo() -> Practice:
    return Practice("demo")


@pytest.fixture
def empty() -> Practice:
    return Practice("empty")
