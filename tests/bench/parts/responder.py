"""A service that answers what it prepared, after a set time: fast enough to measure clients, not itself.

`serving(pairs)` starts it in a process of its own. It knows the listings of groups, instances, pairs, drills,
servers and disks, in pages that are serialised before the first request comes, and nothing else; nobody has
to sign in. Every answer waits for `latency` seconds, as a network between the two would have it.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from drkit.api import Client, open_client
from drkit.api.profiles import profile

PROJECT = "0" * 32
PAGE = 1000


def world(pairs: int) -> dict[str, list[dict[str, Any]]]:
    """Rows of each listing: of ten pairs one instance, of a hundred pairs one group."""
    instances, groups = max(1, pairs // 10), max(1, pairs // 100)
    held = [list(range(one, pairs, instances)) for one in range(instances)]
    return {
        "server_groups": [_group(one, groups, instances, pairs) for one in range(groups)],
        "protected_instances": [_instance(one, one % groups, held[one]) for one in range(instances)],
        "replications": [_pair(one, one % instances % groups, one % instances) for one in range(pairs)],
        "disaster_recovery_drills": [],
        "servers": [_server(one, side) for one in range(instances) for side in ("source", "target")],
        "volumes": [],
    }


def access(port: int) -> dict[str, str]:
    """What `profile("env")` needs to come here."""
    url = f"http://127.0.0.1:{port}"
    keys = {"OS_ACCESS_KEY": "AK", "OS_SECRET_KEY": "s" * 20, "OS_PROJECT_ID": PROJECT}
    services = {f"DRKIT_{name}_URL": url for name in ("SDRS", "ECS", "EVS")}
    return {"OS_AUTH_URL": f"{url}/v3", "OS_REGION_NAME": "bench", "DRKIT_ACCESS": "real", **keys, **services}


@contextmanager
def serving(pairs: int, latency: float) -> Iterator[int]:
    """The port of a responder of that many pairs."""
    with started(__name__, str(pairs), str(latency)) as port:
        yield port


@contextmanager
def started(module: str, *words: str) -> Iterator[int]:
    """The port of a responder that is a process of its own: that module, called with these words."""
    command = [sys.executable, "-m", module, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def client_at(port: int) -> Client:
    """drkit's client of the responder."""
    return open_client(profile("env", access(port)))


def id_of(kind: str, number: int) -> str:
    """The id of a thing of a kind (a hexadecimal digit)."""
    return f"{kind:0<8}-0000-4000-8000-{number:012d}"


def _group(number: int, groups: int, instances: int, pairs: int) -> dict[str, Any]:
    return {
        "id": id_of("9", number),
        "name": f"group-{number:04d}",
        "description": "",
        "status": "protected",
        "progress": 0,
        "source_availability_zone": "eu-de-01",
        "target_availability_zone": "eu-de-02",
        "domain_id": id_of("d", 0),
        "domain_name": "domain_001",
        "priority_station": "source",
        "dr_type": "migration",
        "server_type": "ECS",
        "protection_type": "replication-pair",
        "protected_status": None,
        "protected_instance_num": len(range(number, instances, groups)),
        "replication_num": sum(1 for one in range(pairs) if one % instances % groups == number),
        "disaster_recovery_drill_num": 0,
        "replication_status": "active",
        "health_status": None,
        "replication_model": None,
        "source_vpc_id": id_of("e", 0),
        "target_vpc_id": id_of("e", 0),
        "test_vpc_id": None,
        "created_at": "2018-05-04 03:43:24.108",
        "updated_at": "2018-05-04 03:44:28.32",
    }


def _instance(number: int, group: int, pairs: list[int]) -> dict[str, Any]:
    return {
        "id": id_of("a", number),
        "name": f"instance-{number:05d}",
        "description": "",
        "status": "protected",
        "source_server": id_of("5", 2 * number),
        "target_server": id_of("5", 2 * number + 1),
        "server_group_id": id_of("9", group),
        "progress": 0,
        "priority_station": "source",
        "attachment": [{"replication": id_of("b", pair), "device": _device(pair)} for pair in pairs],
        "metadata": {"__system__frozen": "false"},
        "tags": [],
        "created_at": "2018-05-04 03:43:24.108",
        "updated_at": "2018-05-04 03:44:28.32",
    }


def _pair(number: int, group: int, instance: int) -> dict[str, Any]:
    return {
        "id": id_of("b", number),
        "name": f"pair-of-disks-{number:06d}",
        "description": "",
        "replication_model": "hypermetro",
        "status": "protected",
        "progress": 0,
        "replication_status": "active",
        "attachment": [{"device": _device(number), "protected_instance": id_of("a", instance)}],
        "server_group_id": id_of("9", group),
        "volume_ids": f"{id_of('c', 2 * number)},{id_of('c', 2 * number + 1)}",
        "priority_station": "source",
        "fault_level": "0",
        "created_at": f"2018-05-04T03:{number // 60 % 60:02d}:{number % 60:02d}.{108526 + number:06d}",
        "updated_at": f"2018-05-05T03:{number // 60 % 60:02d}:{number % 60:02d}.{322873 + number:06d}",
        "record_metadata": {
            "multiattach": False,
            "bootable": False,
            "volume_size": 10 + number % 90,
            "volume_type": "SATA",
        },
    }


def _server(number: int, side: str) -> dict[str, Any]:
    return {
        "id": id_of("5", 2 * number + (side == "target")),
        "name": f"server-{number:05d}-{side}",
        "status": "ACTIVE" if side == "source" else "SHUTOFF",
        "OS-EXT-AZ:availability_zone": "eu-de-01" if side == "source" else "eu-de-02",
        "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
        "OS-EXT-STS:task_state": None,
        "metadata": {"vpc_id": id_of("e", 0)},
        "flavor": {"id": "s6.large.2"},
        "os-extended-volumes:volumes_attached": [],
    }


def _device(number: int) -> str:
    return f"/dev/vd{'bcdefghijklmnopqrstuvwxyz'[number % 25]}"


def pages_of(rows: dict[str, list[dict[str, Any]]]) -> dict[tuple[str, str], bytes]:
    """Every page as bytes with its head, by the part of the path that names the listing, and the offset."""
    paths = {
        "server_groups": "server-groups",
        "protected_instances": "protected-instances",
        "replications": "replications",
        "disaster_recovery_drills": "disaster-recovery-drills",
        "servers": "cloudservers",
        "volumes": "cloudvolumes",
    }
    found = {}
    for key, path in paths.items():
        for start in range(0, max(1, len(rows[key])), PAGE):
            offset = start // PAGE + 1 if key == "servers" else start
            body = {"count": len(rows[key]), key: rows[key][start : start + PAGE]}
            found[path, str(offset)] = answered(json.dumps(body, separators=(",", ":")).encode())
    return found


def answered(body: bytes, status: str = "200 OK") -> bytes:
    """An answer with its head."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(answer: Callable[[bytes, bytes], bytes], latency: float) -> None:
    """Answer every request, a head and a body, so many seconds later; says first at which port."""

    async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.lower().split(b"\r\n")
                size = next((int(one[15:]) for one in lines if one.startswith(b"content-length:")), 0)
                body = await reader.readexactly(size)
                await asyncio.sleep(latency)
                writer.write(answer(head, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer_all, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _serve(pairs: int, latency: float) -> None:
    pages, missing = pages_of(world(pairs)), answered(b"{}", "404 Not Found")

    def answer(head: bytes, _body: bytes) -> bytes:
        parts = urlsplit(head.split(b" ", 2)[1].decode())
        path, offset = parts.path.split("/"), parse_qs(parts.query).get("offset", ["0"])[0]
        return next((pages[one, offset] for one in path if (one, offset) in pages), missing)

    await serve(answer, latency)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
