"""The steps of protecting servers up to the confirmation: pick, arrange, confirm."""

from ipywidgets import Button, DOMWidget, Layout, Textarea, VBox
from ipywidgets import Text as TextField
from markupsafe import Markup

from drkit.errors import InputError
from drkit.forms.card import Card
from drkit.forms.choosing import Chooser
from drkit.forms.confirming import ConfirmCard
from drkit.forms.live import Live
from drkit.forms.picking import PickTable
from drkit.forms.protecting import words
from drkit.forms.unfinished import FirstCard
from drkit.plan import Protection, fitting_domains
from drkit.runbooks import Protectable, ProtectSession
from drkit.showing import count, first_few


class PickServersCard(FirstCard[ProtectSession]):
    """Which servers; each row says whether it can be protected and why not."""

    title, button = "Pick the servers to protect", "Continue"

    def __init__(self, session: ProtectSession) -> None:
        self.table = PickTable(lambda _: self.later(self._show_picked))
        self.picked = Live(spoken="polite").add_class("drkit-picked")
        again = Button(description="Read again", tooltip="Ask the service once more")
        again.on_click(lambda _: self.later(self._read_again))
        super().__init__(session, [self.table, self.picked], asides=[again])

    def prepare(self) -> None:
        """Read the project, and show every server, those that can be protected first."""
        self.relabel("Try again")
        with self.saying("Reading the servers, their disks, and what is protected already…"):
            self.session.survey()
        self.relabel(self.button)
        self.say(
            "Pick servers: click a row, or use the arrow keys and the space bar. Looking changes nothing."
        )
        self._fill(())
        if not self.offer_runs():
            self._fill(self.session.requested_servers())

    def work(self) -> str | None:
        """Take what is picked."""
        if self.session.overview is None:
            self.book.start()
            return None
        self.session.take(self.table.picked)
        chosen = [self.session.candidates[each] for each in self.session.picked]
        self.detail.show(words.picked_words(chosen))
        return f"{count(len(chosen), 'server')}: {first_few(each.server.name for each in chosen)}"

    def _fill(self, picked: tuple[str, ...]) -> None:
        found = self.session.candidates.values()
        fitting = {each.server.id for each in found if each.verdict is Protectable.YES}
        self.table.fill(words.HEADS, words.pick_rows(found), picked, fitting)
        self._show_picked()

    def _read_again(self) -> None:
        picked = self.table.picked
        self.session.survey()
        self._fill(tuple(each for each in picked if each in self.session.candidates))

    def _show_picked(self) -> None:
        chosen = [each for key in self.table.picked if (each := self.session.candidates.get(key))]
        self.picked.show(words.picked_words(chosen))
        self.complain("")


class ArrangeCard(Card):
    """Into which groups, between which zones, with which flavors."""

    key, title, button = "arrange", "Group them, and choose where to", "Make the plan"

    def __init__(self, session: ProtectSession) -> None:
        self.session = session
        self.name = _field("Name of the group", "letters, digits, . _ -")
        self.by_tag = _field("Or by tag", "a tag's key: a group for each of its values, named after it")
        self.domain = Chooser("Domain", self._follow)
        self.zone = _field("Target zone", "empty: the other zone of the domain")
        self.flavors = Textarea(
            description="Other flavors",
            placeholder="only where the DR server is to be another: server = flavor, one a line",
            rows=2,
            layout=Layout(width="560px"),
        )
        self.flavors.style.description_width = "130px"
        fields: list[DOMWidget] = [self.name, self.by_tag, self.domain, self.zone, self.flavors]
        super().__init__([VBox(fields)], first=self.name)

    def prepare(self) -> None:
        """Fill in what the parameters say; where one domain alone fits, it is chosen."""
        self.say("The DR servers come to be in the target zone, stopped, and as large as production's.")
        request, reading = self.session.request, self.session.reading
        self.name.value, self.by_tag.value, self.zone.value = (
            request.name,
            request.by_tag,
            request.target_zone,
        )
        self.flavors.value = "\n".join(f"{key} = {value}" for key, value in request.flavors.items())
        servers = [reading.servers[key] for key in self.session.picked]
        fit = fitting_domains(reading, servers)
        asked = next((each.id for each in fit if request.domain in {each.id, each.name}), "")
        self.domain.fill(
            words.domain_options(fit),
            asked or (fit[0].id if len(fit) == 1 else ""),
            hint="no domain has the zones of these servers",
        )

    def work(self) -> str:
        """Make the plan of what stands in the fields."""
        self.session.plan = plan = self.session.draft(self._wanted())
        return f"{first_few(name for _, name in plan.groups)}; {count(len(plan.steps), 'step')} planned"

    def _wanted(self) -> Protection:
        if not self.domain.chosen:
            raise InputError("Choose the active-active domain.")
        flavors = dict(map(_flavor, filter(None, map(str.strip, self.flavors.value.split("\n")))))
        return Protection(
            self.session.picked,
            self.name.value.strip(),
            self.by_tag.value.strip(),
            self.domain.chosen,
            self.zone.value.strip(),
            flavors,
        )

    def _follow(self) -> None:
        self.complain("")


def _flavor(line: str) -> tuple[str, str]:
    server, equals, flavor = (part.strip() for part in line.partition("="))
    if not (server and equals and flavor):
        raise InputError(f"{line!r} names no flavor for a server; write it as server = flavor.")
    return server, flavor


def _field(label: str, hint: str) -> TextField:
    field = TextField(description=label, placeholder=hint, layout=Layout(width="560px"))
    field.style.description_width = "130px"
    return field


class ConfirmProtectCard(ConfirmCard[ProtectSession]):
    """The whole plan, and the names of the groups, typed."""

    title, button = "The plan, and your yes", "Protect them"
    read_first = True
    stale = "Go back to step 1, press Read again there, and plan anew."

    def _plan_words(self) -> Markup:
        plan = self.session.drafted
        return words.plan_words(plan, self.session.rows(plan), self.session.whole_words(plan))
