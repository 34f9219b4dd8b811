"""The generic parts of a form: choosing, picking, device names, the typed name, rewriting, cards."""

from dataclasses import replace
from typing import Any

import pytest
from comm.base_comm import BaseComm
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets import Label, VBox
from ipywidgets.widgets.widget import _instances
from markupsafe import Markup
from pandas import DataFrame

from drkit.errors import InputError
from drkit.execution.states import Action, StepPhase, StepState
from drkit.forms.card import Card
from drkit.forms.choosing import MANY, Chooser
from drkit.forms.confirming import TypedName
from drkit.forms.exploring import Table
from drkit.forms.live import Live, Reloadable, style
from drkit.forms.naming import Naming, NamingTable
from drkit.forms.picking import PickTable
from drkit.forms.questions import Questions
from drkit.forms.runbook import Runbook
from drkit.forms.wizard import State
from tests.forms.hands import plain

NASTY = "<img src=x onerror=alert(1)>"


class TestChoosing:
    def test_nothing_is_chosen_by_itself(self) -> None:
        chooser = Chooser("Group", lambda: None)
        chooser.fill([("a", "1"), ("b", "2")])
        assert chooser.chosen == ""
        assert chooser.field.label == "– choose one of 2 –"

    def test_with_nothing_to_choose_the_hint_stands_there(self) -> None:
        chooser = Chooser("Instance", lambda: None)
        chooser.fill((), hint="choose the group first")
        assert chooser.field.label == "– choose the group first –"

    def test_a_choice_is_told(self) -> None:
        told: list[str] = []
        chooser = Chooser("Group", lambda: told.append(chooser.chosen))
        chooser.fill([("a", "1"), ("b", "2")], "2")
        chooser.field.value = "1"
        assert told[-1] == "1"

    def test_few_have_no_filter_and_many_are_narrowed_by_typing(self) -> None:
        chooser = Chooser("Instance", lambda: None)
        chooser.fill([("a", "1")])
        assert len(chooser.children) == 1
        chooser.fill([(f"web-{number:02}", str(number)) for number in range(MANY + 1)], "3")
        assert len(chooser.children) == 2
        chooser.filter.value = "EB-1"
        assert [value for _, value in chooser.field.options] == ["", "10", "11", "12"]
        assert chooser.chosen == ""
        chooser.filter.value = "db"
        assert chooser.field.label == "– nothing fits –"


def press(table: PickTable, what: str) -> None:
    """As a page tells of a press."""
    table.shown._handle_custom_msg({"press": what}, [])


class TestPicking:
    HEADS = ("Pair", "GB")

    def rows(self, number: int) -> dict[str, tuple[Any, ...]]:
        return {f"id-{at}": (f"pair-{at}", at) for at in range(number)}

    def test_what_is_picked_is_told_by_id_in_the_order_of_the_rows(self) -> None:
        told: list[tuple[str, ...]] = []
        table = PickTable(told.append)
        table.fill(self.HEADS, self.rows(4))
        assert table.picked == ()
        press(table, "row:3")
        press(table, "row:1")
        assert told == [("id-3",), ("id-1", "id-3")]
        press(table, "row:3")
        table.none.click()
        assert told[2:] == [("id-1",), ()]

    def test_before_it_is_filled_nothing_is_picked(self) -> None:
        table = PickTable(lambda _: None)
        table.clear()
        assert table.picked == ()

    def test_picks_are_kept_by_id_when_the_rows_come_in_another_order(self) -> None:
        table = PickTable(lambda _: None)
        table.fill(self.HEADS, dict(reversed(self.rows(4).items())), ["id-1", "gone"])
        assert table.picked == ("id-1",)

    def test_texts_are_escaped_and_numbers_sort_as_numbers(self) -> None:
        table = PickTable(lambda _: None)
        table.fill(self.HEADS, {"a": (NASTY, 10), "b": (Markup("<b>x</b>"), 9)})
        assert "&lt;img src=x onerror=alert(1)&gt;" in table.shown.value
        assert "<b>x</b>" in table.shown.value
        press(table, "head:1")
        assert plain(table.shown.value).endswith("x 9 <img src=x onerror=alert(1)> 10")
        press(table, "head:1")
        assert plain(table.shown.value).endswith("10 x 9")
        assert 'aria-sort="descending"' in table.shown.value

    def test_of_ten_thousand_rows_a_page_is_shown_and_a_press_changes_no_more_than_it(self) -> None:
        table = PickTable(lambda _: None)
        table.fill(self.HEADS, self.rows(10_000))
        assert len(table.shown.value) < 5_000
        for each in ("head:0", "page:9992", "row:9999", "head:1", "head:1"):
            press(table, each)
        table.filter.value = "pair-99 pair-998"
        assert len(table.shown.value) < 5_000
        assert table.picked == ("id-9999",)
        assert "1 to 8 of 11 (of 10,000 in all)" in plain(table.shown.value)
        assert plain(table.shown.value).split("GB ▾ ")[1].startswith("pair-9989 9989")

    def test_all_that_fit_are_picked_by_the_filter_and_by_what_can_be_done(self) -> None:
        table = PickTable(lambda _: None)
        table.fill(self.HEADS, self.rows(30), ["id-1"], fitting=["id-20", "id-21", "id-5"])
        table.filter.value = "pair-2"
        assert table.all.description == "Pick all that fit (2)"
        table.all.click()
        assert table.picked == ("id-1", "id-20", "id-21")
        table.filter.value = "pair-3"
        assert table.all.disabled

    def test_a_picked_row_says_so_and_the_table_is_named_and_one_tab_stop(self) -> None:
        table = PickTable(lambda _: None, label="Replication pairs")
        table.fill(self.HEADS, self.rows(3), ["id-2"])
        shown = table.shown.value
        assert 'role="grid" aria-label="Replication pairs" aria-multiselectable="true"' in shown
        assert [shown.count(f'aria-selected="{each}"') for each in ("true", "false")] == [1, 2]
        assert shown.count('tabindex="0"') == 1
        press(table, "row:2")
        assert 'data-press="row:2" tabindex="0" aria-selected="false"' in table.shown.value

    def test_a_press_on_what_is_not_there_any_more_does_nothing(self) -> None:
        told: list[tuple[str, ...]] = []
        table = PickTable(told.append)
        table.fill(self.HEADS, self.rows(2))
        for each in ("row:7", "head:2", "row:x", "page:", "", "page:500"):
            press(table, each)
        assert told == []

    def test_few_rows_need_no_filter_and_no_pages(self) -> None:
        table = PickTable(lambda _: None, page=8)
        table.fill(self.HEADS, self.rows(8))
        assert table.filter.layout.display == "none"
        assert "drkit-pages" not in table.shown.value
        table.fill(self.HEADS, self.rows(9))
        assert table.filter.layout.display == ""
        assert "1 to 8 of 9" in plain(table.shown.value)

    def test_nothing_to_pick_from_is_a_table_too(self) -> None:
        table = PickTable(lambda _: None)
        table.fill(self.HEADS, {})
        assert table.picked == ()
        assert "There is nothing to choose from." in plain(table.shown.value)


class TestDeviceNames:
    def test_a_change_is_told_with_the_pair_it_is_about(self) -> None:
        edited: list[str] = []
        table = NamingTable(edited.append)
        table.fill([Naming("a", "a", "pair a", "/dev/vdb"), Naming("b", "b", "pair b", "/dev/vdc")])
        table.fields["b"].value = " /dev/vdd "
        assert edited == ["b"]
        assert table.devices == {"a": "/dev/vdb", "b": "/dev/vdd"}

    def test_an_error_marks_its_field_and_goes_when_it_is_put_right(self) -> None:
        table = NamingTable(lambda _: None)
        table.fill([Naming("a", NASTY, NASTY, "/dev/vdb", error=NASTY)])
        assert "drkit-wrong" in table.fields["a"]._dom_classes
        assert plain(table.remarks["a"].value) == NASTY
        table.remark([Naming("a", "a", "", "/dev/vdc", note="worth knowing")])
        assert "drkit-wrong" not in table.fields["a"]._dom_classes
        assert plain(table.remarks["a"].value) == "worth knowing"


class TestTheTypedName:
    @pytest.mark.parametrize(
        ("typed", "fits", "hint"),
        [
            ("", False, ""),
            ("shop", False, "That is not the name yet."),
            ("Shop-Backend ", False, "Upper and lower case and spaces count."),
            ("shop-backend", True, "✓ The name fits."),
        ],
    )
    def test_fits_when_it_is_the_name_as_it_is_spelled(self, typed: str, fits: bool, hint: str) -> None:
        name = TypedName(lambda: None)
        name.ask("shop-backend")
        name.field.value = typed
        assert (name.fits, plain(name.hint.value)) == (fits, hint)

    def test_several_groups_are_confirmed_by_all_their_names(self) -> None:
        name = TypedName(lambda: None)
        name.ask("shop-db", "shop-app")
        name.field.value = "shop-db"
        assert not name.fits
        name.field.value = "shop-db, shop-app"
        assert name.fits
        assert "the names of the groups" in plain(name.children[0].value)

    def test_never_fits_before_a_name_is_asked_for(self) -> None:
        assert not TypedName(lambda: None).fits

    def test_asking_anew_forgets_what_was_typed(self) -> None:
        name = TypedName(lambda: None)
        name.ask("a")
        name.field.value = "a"
        name.ask("b")
        assert not name.fits
        assert name.field.value == ""


class TestLive:
    def test_a_plain_text_is_escaped_and_markup_is_not(self) -> None:
        live = Live(NASTY)
        assert live.value == "&lt;img src=x onerror=alert(1)&gt;"
        live.show(Markup("<b>{}</b>").format("a&b"))
        assert live.value == "<b>a&amp;b</b>"

    def test_a_page_that_is_loaded_again_is_sent_all_but_tables_and_the_first_page_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Line(BaseComm):
            def publish_msg(
                self, msg_type: str, data: dict[str, Any] | None = None, *args: object, **kw: object
            ) -> None:
                if data and msg_type == "comm_msg":
                    sent.append((self.comm_id, data["state"]))

        sent: list[tuple[str, dict[str, Any]]] = []
        monkeypatch.setattr(Reloadable, "first_page", "")
        label, table = Label("done"), Table(DataFrame({"Pair": ["alpha"]}))
        box = Reloadable([VBox([label]), table])
        sign = box.children[-1]
        for each in (box, label, label.layout, table):
            each.comm = Line(comm_id=each.model_id, target_name="jupyter.widget")
        sign._handle_custom_msg({"page": "1"}, [])
        assert sent == []
        sign._handle_custom_msg({"page": "2"}, [])
        reached = dict(sent)
        assert reached[label.model_id]["value"] == "done"
        assert {box.model_id, label.layout.model_id} < set(reached)
        assert table.model_id not in reached

    def test_in_vscode_every_form_brings_the_style_and_says_what_becomes_of_its_kernel(self) -> None:
        shell = InteractiveShell.instance()
        try:
            assert len(Reloadable([Label("x")]).children) == 2
            shell.user_ns["__vsc_ipynb_file__"] = "20_attach_pairs.ipynb"
            sheet, sign, _ = Reloadable([Label("x")], leads=True).children
            assert "<style>" in sheet.value
            assert "VS Code may end the kernel" in sign.value
        finally:
            InteractiveShell.clear_instance()

    def test_the_style_sheet_asks_nobody_for_anything(self) -> None:
        sheet = style().value
        assert sheet.startswith("<style>")
        assert "url(" not in sheet
        assert "@import" not in sheet


class Asking(Card):
    key, title, button = "ask", "Ask", "Continue"

    def __init__(self) -> None:
        self.prepared, self.worked = 0, 0
        self.error_to_raise: Exception | None = None
        super().__init__([Live("the form")])

    def prepare(self) -> None:
        self.prepared += 1

    def work(self) -> str:
        self.worked += 1
        if self.error_to_raise:
            raise self.error_to_raise
        return "answered <b>"


class Ending(Asking):
    key, title, button, stays_open, always_shown = "end", "End", "", True, True


class TestCards:
    @pytest.fixture
    def cards(self) -> tuple[Asking, Ending]:
        return Asking(), Ending()

    @pytest.fixture
    def book(self, cards: tuple[Asking, Ending]) -> Runbook:
        book = Runbook("test", cards)
        book.start()
        book.engine.settle()
        return book

    def test_the_first_is_open_and_the_others_are_folded_and_locked(
        self, book: Runbook, cards: tuple[Asking, Ending]
    ) -> None:
        first, last = cards
        assert (first.folded, last.folded) == (False, True)
        assert (first.toggle.disabled, last.toggle.disabled) == (False, True)
        assert first.toggle.description == "▾  1  Ask"
        assert plain(last.badge.value) == "○ waiting"
        assert (first.prepared, last.prepared) == (1, 0)

    def test_a_press_does_the_work_shows_its_line_and_opens_the_next(
        self, book: Runbook, cards: tuple[Asking, Ending]
    ) -> None:
        first, last = cards
        first.primary.click()
        book.engine.settle()
        assert first.line.value == "answered &lt;b&gt;"
        assert first.folded
        assert (last.prepared, last.folded) == (1, False)
        assert first.change.layout.display == ""
        first.toggle.click()
        assert not first.folded
        assert first.content.layout.display == "none"

    def test_two_presses_do_the_work_once(self, book: Runbook, cards: tuple[Asking, Ending]) -> None:
        first, _ = cards
        book.press(first)
        book.press(first)
        book.engine.settle()
        assert first.worked == 1

    def test_an_error_stands_beside_the_button_and_goes_with_the_next_try(
        self, book: Runbook, cards: tuple[Asking, Ending]
    ) -> None:
        first, last = cards
        first.error_to_raise = InputError(NASTY)
        first.primary.click()
        book.engine.settle()
        assert first.stage.state == State.READY
        assert plain(first.error.value) == NASTY
        assert last.prepared == 0
        first.error_to_raise = None
        first.primary.click()
        book.engine.settle()
        assert first.error.value == ""

    def test_the_last_one_stays_open_and_shows_its_form(
        self, book: Runbook, cards: tuple[Asking, Ending]
    ) -> None:
        first, last = cards
        first.primary.click()
        book.engine.settle()
        book.later(last, lambda: book.done(last, "over"))
        book.engine.settle()
        assert not last.folded
        assert last.content.layout.display == ""
        assert last.primary.layout.display == "none"

    def test_a_card_without_work_of_its_own_says_so(self) -> None:
        with pytest.raises(NotImplementedError):
            Card.work(Asking())

    def test_changing_a_step_opens_it_again(self, book: Runbook, cards: tuple[Asking, Ending]) -> None:
        first, last = cards
        first.primary.click()
        book.engine.settle()
        first.change.click()
        book.engine.settle()
        assert (first.stage.state, last.stage.state) == (State.READY, State.WAITING)
        assert last.folded


def unknown(key: str) -> StepState:
    actions = (Action.LOOK_AGAIN, Action.RESOLVE)
    return StepState(key, f"Attach {key}", StepPhase.UNKNOWN, "Its answer was lost.", actions=actions)


class TestQuestions:
    def test_a_few_are_asked_at_a_time_and_the_others_counted(self) -> None:
        questions = Questions(lambda _: None)
        questions.ask([unknown(str(number)) for number in range(5)])
        assert [each.step.key for each in questions.each if each.step] == ["0", "1", "2"]
        assert plain(questions.more.value) == "and 2 more questions after these"
        questions.ask([])
        assert {each.layout.display for each in questions.each} == {"none"}
        assert questions.more.value == ""

    def test_a_reason_that_is_being_typed_survives_another_look_and_goes_with_its_question(self) -> None:
        questions = Questions(lambda _: None)
        questions.ask([unknown("1")])
        questions.each[0].reason.value = "the console"
        questions.ask([replace(unknown("1"), sentence="Still lost.")])
        assert questions.each[0].reason.value == "the console"
        questions.ask([unknown("2")])
        assert questions.each[0].reason.value == ""
        assert questions.each[0].done.disabled

    def test_asking_makes_no_widgets(self) -> None:
        questions = Questions(lambda _: None)
        before = len(_instances)
        questions.ask([unknown("1"), unknown("2")])
        assert len(_instances) == before
