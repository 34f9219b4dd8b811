"""A service that works: it attaches pairs by jobs that take their time, in a process of its own.

`working(Work(...))` starts it on the world of `responder`, in which as many pairs as there are to be jobs are
attached to nothing yet. Every answer waits for the latency. A list shows how pairs are `ahead` seconds from
now, where that is negative how they were; a job tells how it is. `Stand.told()` says what was asked, and when
each job ended by the wall's clock.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.bench.parts.responder import PAGE, answered, id_of, pages_of, serve, started, world

LETTERS = "bcdefghijklmnopqrstuvwxyz"
LOOKER = "LOOKER"
"""The access key under which what is asked counts as watching."""


@dataclass(frozen=True, slots=True)
class Work:
    """How much there is, how long a job takes (at least, at most), and the share of those that fail.

    `limit`: in each second of the clock so many requests are answered, the others refused; 0 for all of them.
    """

    pairs: int
    jobs: int
    shortest: float
    longest: float
    failing: float = 0.0
    ahead: float = 0.0
    latency: float = 0.02
    groups: int = 10_000
    limit: int = 0

    @property
    def wanted(self) -> list[tuple[str, str, str, str]]:
        """Group, instance, pair and device of each job: one per instance as long as there are enough."""
        instances, groups = max(1, self.pairs // 10), max(1, self.pairs // 100)
        fit = (one for one in range(self.pairs) if one % instances % groups < self.groups)
        chosen = [next(fit) for _ in range(self.jobs)]
        return [
            (
                id_of("9", one % instances % groups),
                id_of("a", one % instances),
                id_of("b", one),
                f"/dev/vd{LETTERS[one // instances]}",
            )
            for one in chosen
        ]

    def fails(self, number: int) -> bool:
        """Whether the job of that number ends in a failure; they are spread evenly."""
        return self.failing > 0 and number % round(1 / self.failing) == 0


@dataclass(frozen=True, slots=True)
class Stand:
    """A responder that runs."""

    port: int

    def told(self) -> Any:  # noqa: ANN401  # JSON
        """`counts` by kind since the last time, `watching` how many of them were, `ends` by job id.

        `refused` is how many came too fast.
        """
        return httpx.get(f"http://127.0.0.1:{self.port}/told", trust_env=False).json()


@contextmanager
def working(work: Work) -> Iterator[Stand]:
    """A responder that has this work to do, once."""
    with started(__name__, json.dumps(asdict(work))) as port:
        yield Stand(port)


@dataclass(slots=True)
class _Service:
    work: Work
    rows: dict[str, list[dict[str, Any]]]
    pages: dict[tuple[str, str], bytes] = field(default_factory=dict)
    texts: list[bytes] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    near: dict[str, list[int]] = field(default_factory=dict)  # pairs by the instance that is to hold them
    jobs: dict[str, tuple[int, float, float]] = field(default_factory=dict)  # pair, begin, end
    of_pair: dict[int, str] = field(default_factory=dict)
    devices: dict[int, tuple[str, str]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    watching: int = 0
    second: tuple[int, int] = (0, 0)  # and how many were answered in it
    refused: int = 0

    def prepare(self) -> None:
        free = {pair for _, _, pair, _ in self.work.wanted}
        instances = max(1, self.work.pairs // 10)
        for number, row in enumerate(self.rows["replications"]):
            held = (
                [] if row["id"] in free else [{**row["attachment"][0], "device": _letter(number, instances)}]
            )
            row["attachment"] = held
            self.numbers[row["id"]] = number
            self.texts.append(_text(row))
            self.groups.append(row["server_group_id"])
            self.near.setdefault(id_of("a", number % instances), []).append(number)
        for row in self.rows["protected_instances"]:
            row["attachment"] = [
                {**one, "device": _letter(self.numbers[one["replication"]], instances)}
                for one in row["attachment"]
                if one["replication"] not in free
            ]

    def pair(self, number: int, now: float) -> tuple[str, bytes]:
        """Its status and its row then."""
        if number not in self.of_pair:
            return "protected", self.texts[number]
        at, (_, begin, end) = now + self.work.ahead, self.jobs[self.of_pair[number]]
        row, (instance, device) = self.rows["replications"][number], self.devices[number]
        # A list may run ahead of the job's end; no list shows what was not asked for.
        if at < begin:
            return "protected", self.texts[number]
        if at < end:
            return "attaching", _text({**row, "status": "attaching"})
        if self.work.fails(number):
            return "error-attaching", _text({**row, "status": "error-attaching"})
        held = [{"protected_instance": instance, "device": device}]
        return "protected", _text({**row, "attachment": held, "updated_at": "2026-01-01T00:00:00.000000"})

    def list_pairs(self, query: dict[str, list[str]]) -> bytes:
        now, wanted = time.time(), query.get("status", [""])[0]
        ids = query.get("server_group_ids")
        groups = set(json.loads(ids[0])) if ids else set(query.get("server_group_id", []))
        start, limit = int(query["offset"][0]), int(query["limit"][0])
        if "protected_instance_ids" in query:
            on = set(json.loads(query["protected_instance_ids"][0]))
            near = [number for one in on for number in self.near[one]]
            rows = [self.pair(number, now)[1] for number in near]
            held = [json.loads(row)["attachment"] for row in rows]
            found = [
                row
                for row, places in zip(rows, held, strict=True)
                if any(one["protected_instance"] in on for one in places)
            ]
            return b'{"count":%d,"replications":[%b]}' % (len(found), b",".join(found[start : start + limit]))
        if wanted and wanted != "protected":
            shown = (
                self.pair(number, now)
                for number in list(self.of_pair)
                if not groups or self.groups[number] in groups
            )
            found = [row for status, row in shown if status == wanted]
        else:
            found = [
                self.pair(number, now)[1] if number in self.of_pair else text
                for number, text in enumerate(self.texts)
                if not groups or self.groups[number] in groups
            ]
        return b'{"count":%d,"replications":[%b]}' % (len(found), b",".join(found[start : start + limit]))

    def list_instances(self, query: dict[str, list[str]]) -> bytes:
        now = time.time()
        ids = query.get("server_group_ids")
        groups = set(json.loads(ids[0])) if ids else set(query.get("server_group_id", []))
        more: dict[str, list[dict[str, str]]] = {}
        for pair, (instance, device) in self.devices.items():
            if now + self.work.ahead >= self.jobs[self.of_pair[pair]][2] and not self.work.fails(pair):
                more.setdefault(instance, []).append({"replication": id_of("b", pair), "device": device})
        found = [
            {**row, "attachment": [*row["attachment"], *more.get(row["id"], ())]}
            for row in self.rows["protected_instances"]
            if not groups or row["server_group_id"] in groups
        ]
        start = int(query["offset"][0])
        return json.dumps({"count": len(found), "protected_instances": found[start : start + PAGE]}).encode()

    def attach(self, instance: str, body: bytes) -> bytes:
        asked = json.loads(body)["replicationAttachment"]
        number, begin = self.numbers[asked["replication_id"]], time.time()
        part = (number * 7919 % 1000) / 1000
        end = begin + self.work.shortest + part * (self.work.longest - self.work.shortest)
        job = id_of("7", len(self.jobs))
        self.jobs[job], self.of_pair[number] = (number, begin, end), job
        self.devices[number] = (instance, asked["device"])
        return json.dumps({"job_id": job}).encode()

    def job(self, job_id: str) -> bytes:
        number, begin, end = self.jobs[job_id]
        over = time.time() >= end
        status = ("FAIL" if self.work.fails(number) else "SUCCESS") if over else "RUNNING"
        told = {
            "status": status,
            "job_id": job_id,
            "job_type": "attachReplicationPairNew",
            "begin_time": _moment(begin),
            "end_time": _moment(end) if over else "",
            "error_code": "SDRS.1013" if status == "FAIL" else None,
            "fail_reason": "The disk is in use." if status == "FAIL" else None,
            "entities": {"replication_pair_id": id_of("b", number)},
        }
        return json.dumps(told).encode()

    def tell(self) -> bytes:
        counts, self.counts = self.counts, Counter()
        watching, self.watching = self.watching, 0
        ends = {job: end for job, (_, _, end) in self.jobs.items()}
        told = {"counts": counts, "watching": watching, "ends": ends, "refused": self.refused}
        return json.dumps(told).encode()

    def too_fast(self) -> bool:
        """Whether this request is one too many in this second."""
        second = int(time.time())
        many = self.second[1] + 1 if self.second[0] == second else 1
        if 0 < self.work.limit < many:
            self.refused += 1
            return True
        self.second = second, many
        return False

    def answer(self, method: str, path: list[str], query: dict[str, list[str]], body: bytes) -> bytes:
        """The bytes of an answer with its head."""
        if path[-1] == "told":
            return answered(self.tell())
        if self.too_fast():
            return _TOO_FAST
        self.counts[f"{method} {path[-2] if path[-2] == 'jobs' else path[-1]}"] += 1
        if method == "POST":
            return answered(self.attach(path[-2], body), "202 Accepted")
        if path[-2] == "jobs":
            return answered(self.job(path[-1]))
        if path[-1] == "replications":
            return answered(self.list_pairs(query))
        if path[-1] == "protected-instances":
            return answered(self.list_instances(query))
        if path[-1] == "block_device":
            return _ROOM
        offset = query.get("offset", ["0"])[0]
        return next((self.pages[one, offset] for one in path if (one, offset) in self.pages), _MISSING)


_ROOM = answered(
    json.dumps(
        {
            "attachableQuantity": {"free_scsi": 40, "free_blk": 20, "free_disk": 40},
            "volumeAttachments": [],
        }
    ).encode()
)
_TOO_FAST = answered(
    b'{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached."}',
    "429 Too Many Requests\r\nRetry-After: 1",
)
_MISSING = answered(b"{}", "404 Not Found")


def _letter(number: int, instances: int) -> str:
    return f"/dev/vd{LETTERS[number // instances % len(LETTERS)]}"


def _text(row: dict[str, Any]) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode()


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


async def _serve(work: Work) -> None:
    rows = world(work.pairs)
    service = _Service(work, rows)
    service.prepare()
    service.pages = pages_of(rows)

    def answer(head: bytes, body: bytes) -> bytes:
        method, target, _ = head.split(b" ", 2)
        parts = urlsplit(target.decode())
        service.watching += LOOKER.encode() in head
        return service.answer(method.decode(), parts.path.split("/"), parse_qs(parts.query), body)

    await serve(answer, work.latency)


if __name__ == "__main__":
    asyncio.run(_serve(Work(**json.loads(sys.argv[1]))))
