"""A cloud that counts as real, copies of it to practise on, and runs on both, in one journal."""

import json
from pathlib import Path

from drkit import api
from drkit.api.access import Access
from drkit.api.logins import PasswordLogin
from drkit.api.profiles import Profile
from drkit.api.secret import Secret
from drkit.model.keeping import kept
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.closing import at_the_end
from tests.execution.rehearsal_drive import Range, WatchedClock


def real(sandbox: Sandbox, clock: WatchedClock, journal: Path) -> Site:
    """The site of a cloud: it is a sandbox, but not one of this machine, and nothing says so."""
    access = sandbox.access
    login = PasswordLogin(access["username"], Secret(access["password"]), access["domain"])
    url = "https://sdrs.example.test"
    profile = Profile(
        name="env",
        auth_url="https://iam.example.test/v3",
        login=login,
        project_id=access["project_id"],
        project=access["project"],
        region="eu-de",
        cloud="Open Telekom Cloud",
        access=Access.REAL,
        endpoints={"sdrs": url, "ecs": url, "evs": url},
    )
    return Site(api.open_client(profile, clock, inner=sandbox.transport()), clock=clock, journal=journal)


class Place(Range):
    """A range or a cloud, to plan and run on."""

    def __init__(self, site: Site, sandbox: Sandbox, clock: WatchedClock) -> None:
        self.site, self.sandbox, self.clock = at_the_end.enter_context(site), sandbox, clock


class Night:
    """A cloud on which something shall be done, and what was read of it before."""

    def __init__(self, folder: Path, world: str = "healthy-three-tier") -> None:
        self.journal, self.clock = folder / "journal.sqlite", WatchedClock()
        sandbox = Sandbox(world, now=self.clock.monotonic, speed=1.0)
        self.cloud = Place(real(sandbox, self.clock, self.journal), sandbox, self.clock)

    @property
    def reading(self) -> bytes:
        return kept(self.cloud.site.client.inventory(disks=True, quotas=True, beside=True))

    def copy(self, **backend: str) -> Place:
        """A practice range with a copy of the cloud as it is now, or of another one that is like it."""
        reading = json.loads(self.reading)
        reading["backend"] |= backend
        sandbox = Sandbox.fork(json.dumps(reading).encode(), now=self.clock.monotonic, speed=1.0)
        return Place(practise(sandbox, clock=self.clock, journal=self.journal), sandbox, self.clock)
