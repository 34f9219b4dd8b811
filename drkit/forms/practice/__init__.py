"""The practice range on the start screen: its world, other worlds to begin, and faults to plant.

Only on the practice range; with a real cloud nothing of it is shown. `card` is the whole and the present
world, `beginning` leads to another world, `planting` is about faults, `words` makes the HTML.
"""

from drkit.forms.practice.card import PracticeCard
from drkit.forms.starting import shown_overview
from drkit.site import connect

__all__ = ["PracticeCard", "shown_card"]

# One per kernel: a cell that is run again finds it. The module's, for cells share only what they import.
_shown: list[tuple[str, PracticeCard]] = []


def shown_card(profile: str) -> PracticeCard:
    """The practice range's card of this kernel; called again it looks again."""
    if _shown and _shown[0][0] == profile:
        _shown[0][1].look()
    else:
        for _, former in _shown:
            former.leave()
        _shown[:] = [
            (profile, PracticeCard(lambda: connect(profile or None), lambda: shown_overview(profile)))
        ]
    return _shown[0][1]
