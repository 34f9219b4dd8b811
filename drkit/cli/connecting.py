"""What every command takes of the profile it was given: its journal, and how the place is called."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drkit.journal import Journal
    from drkit.site import Site


def open_journal(arguments: argparse.Namespace) -> "Journal":
    """Open the journal of the profile. Nothing is signed in to. ProfileError for no such profile."""
    from drkit import api
    from drkit.journal import Journal

    return Journal.open(api.journal_of(api.chosen(arguments.profile)) or None)


def called(site: "Site") -> str:
    """Where a site is, and what its profile lets leave, where that is not everything."""
    from drkit.api import Access

    label, access = site.backend.label, site.access
    return label if site.backend.practice or access is Access.REAL else f"{label} ({access.value})"
