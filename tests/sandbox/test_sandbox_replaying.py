"""A recording as a backend."""

import json
from contextlib import closing
from typing import Any

import httpx
import pytest

from drkit.sandbox import Replay
from tests.sandbox.practice import password_sign_in


def talk(path: str, answer: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    told = {"method": "GET", "path": path, "query": [], "body": None, "status": 200, "answer": answer}
    return {"service": "sdrs", **told, **more}


def document(*talks: object, **more: object) -> bytes:
    top = {"form": "drkit-talk-1", "cloud": "Open Telekom Cloud", "region": "eu-de", "project": "name-1"}
    top |= {"project_id": "p1", "recorded_at": "2026-01-01T00:00:00+00:00", "drkit": "0.1.0"}
    return json.dumps({**top, "talks": list(talks), **more}).encode()


def signed_in(replay: Replay) -> httpx.Client:
    http = httpx.Client(transport=replay.transport(), base_url=replay.url)
    answer = http.post("/v3/auth/tokens", json=password_sign_in(replay.access))
    http.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]
    return http


def test_the_same_request_has_the_answers_that_it_had_and_then_the_last_one() -> None:
    groups = [talk("/server-groups", {"server_groups": [], "count": number}) for number in (1, 2)]
    with closing(signed_in(Replay(document(*groups)))) as http:
        told = [http.get("/v1/p1/server-groups").json()["count"] for _ in range(3)]
    assert told == [1, 2, 2]


def test_query_and_body_tell_requests_apart_in_any_order() -> None:
    first = talk("/replications", {"count": 1}, query=[["a", "1"], ["b", "2"]])
    second = talk("/x/action", {"count": 2}, method="POST", body={"q": [1], "r": 2})
    with closing(signed_in(Replay(document(first, second)))) as http:
        assert http.get("/v1/p1/replications?b=2&a=1").json() == {"count": 1}
        assert http.post("/v1/p1/x/action", json={"r": 2, "q": [1]}).json() == {"count": 2}
        assert http.get("/v1/p1/replications?a=1").status_code == 404


def test_a_refusal_is_a_refusal_again_and_an_empty_answer_empty() -> None:
    refusal = talk("/replications/1", {"error": {"code": "SDRS.1608", "message": "text-1"}}, status=400)
    with closing(signed_in(Replay(document(refusal, talk("/none", None, status=204))))) as http:
        assert http.get("/v1/p1/replications/1").json()["error"]["code"] == "SDRS.1608"
        assert http.get("/v1/p1/none").content == b""


def test_what_was_not_recorded_is_said_and_nothing_is_changed() -> None:
    with closing(signed_in(Replay(document(talk("/server-groups", {}))))) as http:
        answer = http.post("/v1/p1/server-groups/1/action", json={"stop-server-group": {}})
        assert answer.status_code == 404
        assert answer.json()["error_msg"] == "POST /server-groups/1/action was not recorded."


def test_nobody_reads_it_who_did_not_sign_in() -> None:
    replay = Replay(document(talk("/server-groups", {})))
    with httpx.Client(transport=replay.transport(), base_url=replay.url) as http:
        assert http.get("/v1/p1/server-groups").status_code == 401


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"<", "it is not JSON"),
        (b"{}", "does not say drkit-talk-1"),
        (document(project=1), "is damaged"),
        (document(talks={}), "is damaged"),
        (document({"method": "GET"}), "is damaged"),
        (document(talk("/x", {}, status="soon")), "is damaged"),
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Replay(content)
