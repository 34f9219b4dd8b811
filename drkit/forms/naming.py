"""The plan's device names as fields that are checked while one types."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ipywidgets import GridBox, Label, Layout
from ipywidgets import Text as TextField
from markupsafe import Markup

from drkit.forms.live import Live
from drkit.forms.markup import Text


@dataclass(frozen=True, slots=True)
class Naming:
    """One row: the pair that gets the name, the name, and `error`, what is wrong with it.

    `label` is the pair with what one should know of it, `note` is worth knowing about the name.
    """

    key: str
    name: str
    label: Text
    device: str
    error: str = ""
    note: str = ""


class NamingTable(GridBox):
    """One line per disk with its device name; `on_edit` is told on some thread of each change and by whom."""

    def __init__(self, on_edit: Callable[[str], object]) -> None:
        super().__init__(layout=Layout(grid_template_columns="minmax(0, 5fr) 180px minmax(0, 6fr)"))
        self.add_class("drkit-naming")
        self._on_edit = on_edit
        self.fields: dict[str, TextField] = {}
        self.remarks: dict[str, Live] = {}
        self._filling = False

    def fill(self, rows: Sequence[Naming]) -> None:
        """Show these rows, with the names as they are proposed."""
        self.fields = {each.key: self._field(each) for each in rows}
        self.remarks = {each.key: Live(spoken="polite") for each in rows}
        heads = [Label("Replication pair"), Label("Device name"), Label("")]
        lines = [(Live(each.label), self.fields[each.key], self.remarks[each.key]) for each in rows]
        self.children = [
            *(head.add_class("drkit-column") for head in heads),
            *(cell for line in lines for cell in line),
        ]
        self.remark(rows)

    def remark(self, rows: Sequence[Naming]) -> None:
        """Show the errors and notes of these rows; what is typed stays."""
        for row in rows:
            field = self.fields[row.key]
            (field.add_class if row.error else field.remove_class)("drkit-wrong")
            remark = Markup('<span class="drkit-{}">{}</span>')
            shown = remark.format("error", row.error) if row.error else remark.format("quiet", row.note)
            self.remarks[row.key].show(shown if row.error or row.note else "")

    @property
    def devices(self) -> Mapping[str, str]:
        """What stands in the fields, by key."""
        return {key: field.value.strip() for key, field in self.fields.items()}

    def _field(self, row: Naming) -> TextField:
        spoken = f"Device name of {row.name}"
        field = TextField(value=row.device, description=spoken, layout=Layout(width="170px"))
        field.add_class("drkit-device").add_class("drkit-spoken-label")
        field.observe(lambda _: self._on_edit(row.key), "value")
        return field
