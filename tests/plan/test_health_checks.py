import pytest

from drkit.errors import InputError
from drkit.plan import checked


@pytest.mark.parametrize("good", ["tcp://shop:443", "http://shop", "https://shop:8443/health?deep=1"])
def test_a_port_or_a_url_is_a_check(good: str) -> None:
    assert checked(good) == good


@pytest.mark.parametrize(
    "bad", ["", "shop", "tcp://shop", "tcp://:443", "tcp://shop:x", "ftp://shop", "file:///etc"]
)
def test_anything_else_is_refused(bad: str) -> None:
    with pytest.raises(InputError, match="is no check; wanted: tcp://host:port"):
        checked(bad)
