"""What to do about an error code of the service, for the codes that operators meet in a run.

A code knows nothing of the world, in which a server may be out of reach, or waiting may help nobody: so the
advice leads to those who look at it, the rules (`why_not`) and the ways out of a group.

Source: the page "Error Codes" of the SDRS API reference and the constraints of each operation.
"""

from collections.abc import Mapping

from drkit.api import catalogue

_BUSY = "It is in a state that does not allow this. Read again: the objections say what leads out of it."
_GONE = "It is gone, or was never there under this id. Read again and plan anew."
_HALFWAY = "The switch failed on its way. Look at the group's ways out: they say which are open now."
_SERVERS = "A server runs that must be stopped. Read again: the objections say which, and what can be done."
_TAKEN = "Somebody was faster. Read again and plan anew."
_UNFIT = "What was asked for does not fit. Read again and plan anew."

REMEDIES: Mapping[str, str] = {
    **dict.fromkeys(("SDRS.0209", "SDRS.0214", "SDRS.1002", "SDRS.1601", "SDRS.1913"), _BUSY),
    **{f"SDRS.{number}": _BUSY for number in (*range(1017, 1025), 1327, 1328, 1816, 1817, 1830)},
    **dict.fromkeys(("SDRS.1013", "SDRS.1320", "SDRS.1326", "SDRS.1608", "SDRS.1902"), _GONE),
    **dict.fromkeys(("SDRS.1027", "SDRS.1028", "SDRS.1029", "SDRS.1030", "SDRS.1032"), _HALFWAY),
    **dict.fromkeys(("SDRS.1316", "SDRS.1319", "SDRS.1342", "SDRS.1352"), _SERVERS),
    **dict.fromkeys(("SDRS.1603", "SDRS.1605", "SDRS.1921"), _TAKEN),
    **dict.fromkeys(("SDRS.0201", "SDRS.0216", "SDRS.1341", "SDRS.1604", "SDRS.1611"), _UNFIT),
    "APIGW.0308": "The service was asked too often and did nothing. Wait a minute, then retry.",
    "SDRS.0004": "Have the project's administrator grant the right, then retry.",
    "SDRS.0005": "Have the project's administrator grant the right, then retry.",
    "SDRS.0225": "It is frozen, as a rule for an unpaid bill. Have it unfrozen first.",
    "SDRS.0305": "The quota of protection groups is used up. Delete one that is not needed, or ask for more.",
    "SDRS.0306": "The quota of replication pairs is used up. Delete one that is not needed, or ask for more.",
    "SDRS.1333": "The server is neither running nor stopped. Look at it in the cloud's console, then retry.",
    "SDRS.1807": "The disk could not be put on the server; it may have no free slot. Look at the server.",
    "SDRS.1821": "Attaching failed on its way. Detach the pair to clean up, then attach it again.",
    "SDRS.1822": "Detaching failed on its way. Look at the pair's state, then retry.",
    "SDRS.1922": "Look whether the quota of drills is used up; delete what is left of the drill, then retry.",
    "SDRS.1929": "The quota of networks is used up. Name an existing drill VPC, or ask for more.",
}

GENERAL = "Look at the state of what is concerned, and retry when the cause is gone."


def remedy(code: str) -> str:
    """What to do about a code, here or as the catalogue has it; a general advice where neither says it."""
    known = catalogue().get(code)
    return REMEDIES.get(code) or (known and known.remedy) or GENERAL
