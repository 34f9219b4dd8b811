"""What notebooks call: widgets on a screen, plain tables and text in `drkit run`. They show and ask.

Here: the generic parts (cards and the runbook they make up, picking, device names, confirming, watching a
run), one package per runbook, and one for the practice range. A form's callbacks only hand over to its
`FormWorker`; texts become HTML through `markup` alone. Not here: judging, planning and sending, which a form
asks of its session in `drkit.runbooks`.

Each function here loads the widgets only where there is a screen: without one they are imported for nothing.
"""
# ruff: noqa: PLC0415  # as the docstring says

from typing import TYPE_CHECKING

from drkit.errors import InputError
from drkit.forms.picturing import PlainLook
from drkit.headless import is_headless, is_watched
from drkit.runbooks import (
    AttachRequest,
    AttachSession,
    ChangeRequest,
    ChangeSession,
    ExploreSession,
    PlainOverview,
    ProtectRequest,
    ProtectSession,
    RehearsalRequest,
    RehearsalSession,
    RemovalRequest,
    RemovalSession,
    UnattendedAttach,
    UnattendedChange,
    UnattendedProtect,
    UnattendedRehearsal,
    UnattendedRemoval,
    story_text,
)
from drkit.site import connect

if TYPE_CHECKING:
    from ipywidgets import VBox
    from pandas import DataFrame

    from drkit.forms.attach import AttachForm
    from drkit.forms.changing import ChangeForm
    from drkit.forms.looking import LookAround
    from drkit.forms.practice import PracticeCard
    from drkit.forms.protecting import ProtectForm
    from drkit.forms.rehearsal import RehearsalForm
    from drkit.forms.removing import RemovalForm
    from drkit.forms.starting import Overview
    from drkit.report import Review


def attach_pairs(request: AttachRequest) -> "AttachForm | UnattendedAttach":
    """The attach runbook, with what is asked for filled in.

    Its methods choose, pick, plan, confirm, run and result give what the cells show: cards, or, in
    `drkit run`, tables. Called again it gives the same runbook: a run that is under way is shown again.
    """
    session = AttachSession(request)
    if is_headless():
        return UnattendedAttach(session)
    _demand_operator()
    from drkit.forms.attach import AttachForm

    return AttachForm.shown(session)


def change_one_thing(request: ChangeRequest) -> "ChangeForm | UnattendedChange":
    """One change of one thing, with what is asked for filled in.

    Its methods choose, plan, confirm, run and result give what the cells show: cards, or, in `drkit run`,
    tables. Called again it gives the same form: a run that is under way is shown again.
    """
    session = ChangeSession(request)
    if is_headless():
        return UnattendedChange(session)
    _demand_operator()
    from drkit.forms.changing import ChangeForm

    return ChangeForm.shown(session)


def protect_servers(request: ProtectRequest) -> "ProtectForm | UnattendedProtect":
    """Protecting servers, with what is asked for filled in.

    Its methods choose, arrange, confirm, run and result give what the cells show: cards, or, in
    `drkit run`, tables. Called again it gives the same runbook: a run that is under way is shown again.
    """
    session = ProtectSession(request)
    if is_headless():
        return UnattendedProtect(session)
    _demand_operator()
    from drkit.forms.protecting import ProtectForm

    return ProtectForm.shown(session)


def remove_protection(request: RemovalRequest) -> "RemovalForm | UnattendedRemoval":
    """Removing a group's protection, with what is asked for filled in.

    Its methods choose, confirm, run and result give what the cells show: cards, or, in `drkit run`, tables.
    Called again it gives the same runbook: a run that is under way is shown again.
    """
    session = RemovalSession(request)
    if is_headless():
        return UnattendedRemoval(session)
    _demand_operator()
    from drkit.forms.removing import RemovalForm

    return RemovalForm.shown(session)


def rehearse(request: RehearsalRequest) -> "RehearsalForm | UnattendedRehearsal":
    """A rehearsal, with what is asked for filled in.

    Its methods choose, objectives, confirm, run and result give what the cells show: cards, or, in
    `drkit run`, tables. Called again it gives the same rehearsal: a run that is under way is shown again.
    """
    session = RehearsalSession(request)
    if is_headless():
        return UnattendedRehearsal(session)
    _demand_operator()
    from drkit.forms.rehearsal import RehearsalForm

    return RehearsalForm.shown(session)


def overview(profile: str = "") -> "Overview | PlainOverview":
    """What the start notebook shows; called again it is read again."""
    if not _has_screen():
        return PlainOverview(connect(profile or None))
    from drkit.forms.starting import shown_overview

    return shown_overview(profile)


def practice_range(profile: str = "") -> "PracticeCard | None":
    """The practice range's card; called again it looks again. Without a screen the story is printed."""
    if not _has_screen():
        with connect(profile or None) as site:
            if site.backend.practice:
                print(story_text(site.sandbox))  # noqa: T201 (what a headless cell shows)
        return None
    from drkit.forms.practice import shown_card

    return shown_card(profile)


def look_around(profile: str = "", group: str = "") -> "LookAround | PlainLook":
    """What the notebook to look around shows; called again it is read again.

    Each table is an attribute of it too: `view.pairs` is a DataFrame, filtered as on the screen.
    """
    session = ExploreSession(profile, group)
    if not _has_screen():
        return PlainLook(session)
    from drkit.forms.looking import shown_view

    return shown_view(profile, group)


def explore(frame: "DataFrame", *, columns: int = 8) -> "VBox | DataFrame":
    """A table that is sorted and filtered in the page; the first columns are shown, others can be added.

    Without a screen it is the table as it came.
    """
    if not _has_screen():
        return frame
    from drkit.forms.exploring import explorer

    return explorer(frame, columns)


def show_review(review: "Review") -> "VBox | Review":
    """The runs of one side, practice or real. Without a screen it is the review as it came."""
    if not _has_screen():
        return review
    from drkit.forms.reviewing import review_box

    return review_box(review)


def _has_screen() -> bool:
    return not is_headless() and is_watched()


def _demand_operator() -> None:
    if not is_watched():
        raise InputError(
            "A program executes this runbook (papermill, jupyter execute, nbconvert or the like), and nobody "
            "is there to see the plan and to answer. Nothing was sent. Open it in JupyterLab, or use "
            "`drkit run NOTEBOOK -p NAME=VALUE`; `drkit run NOTEBOOK --list` shows what it takes."
        )


__all__ = [
    "AttachRequest",
    "ChangeRequest",
    "ProtectRequest",
    "RehearsalRequest",
    "RemovalRequest",
    "attach_pairs",
    "change_one_thing",
    "explore",
    "look_around",
    "overview",
    "practice_range",
    "protect_servers",
    "rehearse",
    "remove_protection",
    "show_review",
]
