"""Every answer says that it comes from a sandbox, and how fast time passes there: clients rely on it."""

import httpx
import pytest

from drkit.sandbox import Sandbox


@pytest.mark.parametrize("path", ["/", "/v3", "/v1/x/server-groups", "/nowhere", "/_sandbox/state"])
def test_every_answer_says_that_it_comes_from_a_sandbox(path: str) -> None:
    sandbox = Sandbox("empty", speed=2.5)
    with httpx.Client(transport=sandbox.transport(), base_url=sandbox.url) as client:
        assert client.get(path).headers["X-Drkit-Sandbox"] == "2.5"
