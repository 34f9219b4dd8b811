"""SDRS and its neighbours ECS, EVS and IAM over HTTP, and health checks: the only door to the network.

Here: `wire` (values to requests) and `responses` (answers to JSON or an error), both pure; `transport`
(the one importer of httpx here: time limits, retries of reads, sign in again); `auth`, `signer`, `secret`;
`profiles` and `clouds` (where to go and who one is); `pages`, `rows` and `reading` (one consistent
inventory);
`client` (the calls by name), `opening` (from a profile to a client); `practice` (a sandbox's control);
`checks` (does a port or a URL answer).

Not here: deciding whether something may be done, and the sandbox.
"""

from drkit.api.client import Client
from drkit.api.opening import open_client
from drkit.api.practice import PracticeRange, PracticeWorld
from drkit.api.profiles import SANDBOX, Profile, chosen, profile, sandbox_profile
from drkit.api.secret import Secret
from drkit.api.transport import kept_back

__all__ = [
    "SANDBOX",
    "Client",
    "PracticeRange",
    "PracticeWorld",
    "Profile",
    "Secret",
    "chosen",
    "kept_back",
    "open_client",
    "profile",
    "sandbox_profile",
]
