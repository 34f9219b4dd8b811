"""SDRS and its neighbours ECS, EVS and IAM over HTTP, and health checks: the only door to the network.

Here: `wire` (values to requests) and `responses` (answers to JSON or an error), both pure; `transport` (the
one importer of httpx here: time limits, retries of reads, sign in again); `auth`, `signer`, `secret`;
`profiles`, `logins` and `clouds` (where to go and who one is), from `settings`, `profile_file` and
`cloud_files`, with `asking` for secrets; `access` (what may leave); `pages`, `rows` and `reading` (one
consistent inventory); `traces` (the cloud's own); `recording` and `pseudonyms` (what was read, in other
words); `client` (the calls by name), `opening` (from a profile to a client); `practice` (a sandbox's
control); `checks` (does a port or a URL answer); `diagnosis` and `codes` (why not, and what to do).

Not here: deciding whether something may be done, and the sandbox.
"""

from drkit.api.access import Access
from drkit.api.asking import remember
from drkit.api.checks import ServerDoor, door_of, proxy_for
from drkit.api.client import Client
from drkit.api.codes import catalogue
from drkit.api.opening import open_client
from drkit.api.practice import PracticeRange, PracticeWorld
from drkit.api.profiles import (
    ENV,
    SANDBOX,
    Profile,
    chosen,
    journal_of,
    names,
    profile,
    sandbox_profile,
    settings_of,
    unused_sentence,
)
from drkit.api.recording import FORM as RECORDING_FORM
from drkit.api.recording import Recording, recorded
from drkit.api.secret import Secret
from drkit.api.settings import Setting, Settings, set_and_not_used
from drkit.api.transport import clock_skew, kept_back
from drkit.api.wire import READS

__all__ = [
    "ENV",
    "READS",
    "RECORDING_FORM",
    "SANDBOX",
    "Access",
    "Client",
    "PracticeRange",
    "PracticeWorld",
    "Profile",
    "Recording",
    "Secret",
    "ServerDoor",
    "Setting",
    "Settings",
    "catalogue",
    "chosen",
    "clock_skew",
    "door_of",
    "journal_of",
    "kept_back",
    "names",
    "open_client",
    "profile",
    "proxy_for",
    "recorded",
    "remember",
    "sandbox_profile",
    "set_and_not_used",
    "settings_of",
    "unused_sentence",
]
