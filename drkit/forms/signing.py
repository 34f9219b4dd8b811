"""The field for a password or a passcode, where a profile needs one that a person types.

What is typed goes to this process alone, is taken out of the field at once, and stands in no notebook.
"""

from collections.abc import Callable
from weakref import WeakSet

from ipywidgets import Button, HBox, Password

from drkit.errors import SecretNeededError
from drkit.runbooks import remember_secret

_fields: "WeakSet[SecretField]" = WeakSet()  # those of this kernel; what was typed once serves all


class SecretField(HBox):
    """A password field with its button; seen only while something is asked for. `again` goes on with it."""

    def __init__(self, again: Callable[[], object]) -> None:
        # Only what is entered is sent to the kernel, not every key.
        self.field, self.button = Password(continuous_update=False), Button(description="Sign in")
        self.field.style.description_width = "initial"
        self.button.on_click(lambda _: self.enter())
        super().__init__([self.field, self.button])
        self.add_class("drkit-actions")
        self.profile = self.what = ""
        self._again = again
        self.hide()
        _fields.add(self)

    def ask(self, error: SecretNeededError) -> None:
        """Show it, for what the error says is needed."""
        self.profile, self.what = error.profile, error.what
        self.field.description = f"{error.what.capitalize()} of {error.profile}"
        self.layout.display = "flex"

    def hide(self) -> None:
        """Take it away, and what is in it."""
        self.field.value, self.layout.display = "", "none"

    def close(self) -> None:
        """Be asked no more."""
        _fields.discard(self)
        super().close()

    def enter(self) -> None:
        """Remember what was typed for this process, and have everything that waits for it go on."""
        text, self.field.value = self.field.value, ""
        if text:
            remember_secret(self.profile, self.what, text)
            for each in [field for field in _fields if field.profile == self.profile]:
                each.hide()
                each._again()  # noqa: SLF001  # one of its own kind


def ask_for(error: SecretNeededError) -> None:
    """Show the fields of this kernel for it."""
    for each in [*_fields]:
        each.ask(error)
