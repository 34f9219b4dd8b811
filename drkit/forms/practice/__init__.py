"""The practice range on the start screen: its world, other worlds to begin, and faults to plant.

Only on the practice range; with a real cloud nothing of it is shown. `card` is the whole and the present
world, `beginning` leads to another world, `planting` is about faults, `words` makes the HTML.
"""

from drkit.forms.practice.card import PracticeCard
from drkit.forms.practice.words import told
from drkit.forms.starting import overview
from drkit.headless import is_headless
from drkit.site import connect

__all__ = ["PracticeCard", "practice_range"]

_shown: list[tuple[str, PracticeCard]] = []  # one per kernel: a cell that is run again finds it


def practice_range(profile: str = "") -> PracticeCard | None:
    """The practice range's card; called again it looks again. Without a screen the story is printed."""
    if is_headless():
        with connect(profile or None) as site:
            if site.backend.practice:
                print(told(site.sandbox))  # noqa: T201 (what a headless cell shows)
        return None
    if _shown and _shown[0][0] == profile:
        _shown[0][1].look()
    else:
        _shown[:] = [(profile, PracticeCard(lambda: connect(profile or None), lambda: overview(profile)))]
    return _shown[0][1]
