"""A signed-in caller of a sandbox whose time stands still until it is stepped."""

from typing import Any

import httpx

from drkit.sandbox import Sandbox, World
from drkit.sandbox.things import Server


class Practice:
    """Calls by method and path; names stand for things where there is an id to look up."""

    def __init__(self, world: str | World = "demo", **options: Any) -> None:  # noqa: ANN401 (passed on)
        self.sandbox = Sandbox(world, now=lambda: 0.0, **options)
        self.access = self.sandbox.access
        self.world = self.sandbox.world
        self.http = httpx.Client(transport=self.sandbox.transport(), base_url=self.sandbox.url)
        self.sign_in()

    def sign_in(self) -> None:
        answer = self.http.post("/v3/auth/tokens", json=password_sign_in(self.access))
        assert answer.status_code == 201, answer.text
        self.http.headers["X-Auth-Token"] = answer.headers["X-Subject-Token"]

    def call(self, method: str, path: str, body: object = None, *, version: str = "v1") -> httpx.Response:
        path = f"/{version}/{self.access['project_id']}/{path}"
        answer = self.http.request(method, path, json=body)
        if answer.status_code == 401:
            self.sign_in()
            answer = self.http.request(method, path, json=body)
        return answer

    def get(self, path: str, *, version: str = "v1") -> Any:  # noqa: ANN401 (JSON)
        answer = self.call("GET", path, version=version)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def job(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 (JSON)
        """Send a change, let an hour pass, and give the job at its end."""
        answer = self.call(method, path, body)
        assert answer.status_code == 200, answer.text
        self.sandbox.step(3600)
        return self.get(f"jobs/{answer.json()['job_id']}")

    def done(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 (JSON)
        """As `job`, and it has succeeded."""
        job = self.job(method, path, body)
        assert job["status"] == "SUCCESS", job
        assert self.sandbox.invariants() == []
        return job

    def refusal(self, method: str, path: str, body: object = None) -> str:
        """The code with which a call is refused."""
        answer = self.call(method, path, body)
        assert answer.status_code in (400, 404), answer.text
        assert self.sandbox.invariants() == []
        return str(answer.json()["error"]["code"])

    def id(self, name: str) -> str:
        """The id of a group, instance, pair, drill, server or disk by its name."""
        world = self.sandbox.world
        kinds: Any = (world.groups, world.instances, world.pairs, world.drills, world.servers, world.disks)
        return str(next(id_ for kind in kinds for id_, thing in kind.items() if thing.name == name))

    def server(self, name: str) -> str:
        """The id of a server by its name; an instance has the same name as its source server."""
        return next(id_ for id_, thing in self.sandbox.world.servers.items() if thing.name == name)

    def twin(self, instance: str) -> Server:
        """The DR server of an instance; a new one has the name of the production server."""
        return self.world.servers[self.world.dr_server(self.world.instances[self.id(instance)])]

    def disk(self, name: str) -> str:
        return next(id_ for id_, thing in self.sandbox.world.disks.items() if thing.name == name)

    def group(self, name: str) -> Any:  # noqa: ANN401 (JSON)
        return self.get(f"server-groups/{self.id(name)}")["server_group"]

    def instance(self, name: str) -> Any:  # noqa: ANN401 (JSON)
        return self.get(f"protected-instances/{self.id(name)}")["protected_instance"]

    def pair(self, name: str) -> Any:  # noqa: ANN401 (JSON)
        return self.get(f"replications/{self.id(name)}")["replication"]

    def attach(self, instance: str, pair: str, device: str) -> tuple[str, str, object]:
        body = {"replicationAttachment": {"replication_id": self.id(pair), "device": device}}
        return "POST", f"protected-instances/{self.id(instance)}/attachreplication", body

    def detach(self, instance: str, pair: str) -> tuple[str, str]:
        return "DELETE", f"protected-instances/{self.id(instance)}/detachreplication/{self.id(pair)}"

    def act(self, group: str, action: str, **details: str) -> tuple[str, str, object]:
        return "POST", f"server-groups/{self.id(group)}/action", {f"{action}-server-group": details}

    def power(self, action: str, *servers: str) -> None:
        """Start or stop servers by name, and wait for it."""
        details: dict[str, object] = {"servers": [{"id": self.server(name)} for name in servers]}
        details |= {"type": "SOFT"} if action == "os-stop" else {}
        self.done("POST", "cloudservers/action", {action: details})


def password_sign_in(access: dict[str, str]) -> Any:  # noqa: ANN401 (JSON)
    user = {
        "name": access["username"],
        "password": access["password"],
        "domain": {"name": access["domain"]},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    return {"auth": {"identity": identity, "scope": {"project": {"name": access["project"]}}}}
