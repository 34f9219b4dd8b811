"""Reading an answer key by key: what is documented, what is loose, and what is wrong."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.errors import WireError
from drkit.model.fields import WireFields, parse_time

moments = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2199, 1, 1))  # noqa: DTZ001 - made UTC below


class TestTimes:
    @pytest.mark.parametrize(
        ("text", "microsecond"),
        [
            ("2026-11-20 03:04:05.678", 678_000),
            ("2026-11-20T03:04:05.678901", 678_901),
            ("2026-11-20T03:04:05.678Z", 678_000),
            ("2026-11-20 03:04:05.74", 740_000),
            ("2026-11-20 03:04:05.123456789", 123_456),
            ("2026-11-20T03:04:05Z", 0),
            ("2026-11-20T03:04:05+00:00", 0),
            (" 2026-11-20 03:04:05+0000 ", 0),
        ],
    )
    def test_are_read_in_all_spellings(self, text: str, microsecond: int) -> None:
        assert parse_time(text) == datetime(2026, 11, 20, 3, 4, 5, microsecond, UTC)

    def test_are_read_without_seconds(self) -> None:
        assert parse_time("2026-11-20 03:04") == datetime(2026, 11, 20, 3, 4, tzinfo=UTC)

    @given(moments, st.sampled_from([" ", "T"]), st.sampled_from(["", "Z"]))
    def test_read_back_as_they_were_written(self, moment: datetime, gap: str, end: str) -> None:
        assert parse_time(moment.isoformat(gap) + end) == moment.replace(tzinfo=UTC)

    @pytest.mark.parametrize(
        "text", ["", "yesterday", "2026-11-20", "2026-13-20 03:04:05", "2026-11-20 03:04:05+01:00"]
    )
    def test_are_refused_when_they_are_none(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"no time|must be in"):
            parse_time(text)


def fields(**source: object) -> WireFields:
    return WireFields("thing", source)


class TestAMissingKey:
    @pytest.mark.parametrize(
        "read", ["identity", "text", "known", "number", "flag", "time", "object", "objects"]
    )
    def test_is_named(self, read: str) -> None:
        with pytest.raises(WireError, match="A thing in the answer lacks the documented key 'x'"):
            getattr(fields(), read)("x")


class TestNull:
    def test_stands_for_nothing(self) -> None:
        nothing = fields(x=None)
        assert (nothing.text("x"), nothing.optional("x")) == ("", "")
        assert (nothing.time("x"), nothing.objects("x"), nothing.has("x")) == (None, (), False)
        assert nothing.object("x").items() == ()

    @pytest.mark.parametrize("read", ["identity", "known", "number", "flag"])
    def test_is_no_id_no_number_and_no_truth_value(self, read: str) -> None:
        with pytest.raises(WireError, match=r"'x' of a thing is not .* but None"):
            getattr(fields(x=None), read)("x")


class TestLooseTypes:
    @pytest.mark.parametrize(("value", "text"), [("a", "a"), (5, "5"), (0, "0"), (1.5, "1.5")])
    def test_numbers_are_texts_too(self, value: object, text: str) -> None:
        assert fields(x=value).text("x") == text

    @pytest.mark.parametrize(("value", "number"), [(10, 10), ("10", 10), ("-3", -3)])
    def test_texts_can_be_numbers(self, value: object, number: int) -> None:
        assert fields(x=value).number("x") == number

    @pytest.mark.parametrize(
        ("value", "flag"), [(True, True), ("true", True), ("False", False), (False, False)]
    )
    def test_texts_can_be_truth_values(self, value: object, flag: bool) -> None:
        assert fields(x=value).flag("x") is flag

    def test_times_may_be_empty(self) -> None:
        assert fields(x="").time("x") is None
        assert fields(x="2026-11-20T03:04:05Z").time("x") == datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)


class TestAWrongType:
    @pytest.mark.parametrize(
        ("read", "value", "wanted"),
        [
            ("identity", "", "a text"),
            ("identity", 7, "a text"),
            ("text", True, "a text"),
            ("text", [], "a text"),
            ("number", True, "a whole number"),
            ("number", "1e3", "a whole number"),
            ("number", "9" * 19, "a whole number"),
            ("number", -(10**18), "a whole number"),
            ("number", 1.5, "a whole number"),
            ("flag", "yes", "true or false"),
            ("flag", 1, "true or false"),
            ("time", "yesterday", "a time"),
            ("objects", {}, "a list"),
            ("rows", {}, "a list"),
            ("object", [], "an object"),
            ("known", "", "a text"),
        ],
    )
    def test_is_said_with_what_came(self, read: str, value: object, wanted: str) -> None:
        with pytest.raises(WireError) as told:
            getattr(fields(x=value), read)("x")
        assert str(told.value) == f"'x' of a thing is not {wanted} but {value!r}"

    def test_is_cut_where_it_is_long(self) -> None:
        with pytest.raises(WireError, match=r"but \['aaa+\.\.\.$"):
            fields(x=["a" * 500]).text("x")

    def test_of_the_whole_is_said_too(self) -> None:
        with pytest.raises(WireError, match=r"The answer holds no thing object but \[\]"):
            WireFields("thing", [])
        with pytest.raises(WireError, match="'x' of a thing is not a list of objects"):
            fields(x=[5]).objects("x")


class TestNested:
    def test_objects_are_read_the_same_way(self) -> None:
        outer = fields(x={"a": 1}, y=[{"b": "2"}], more="kept", count=5)
        assert outer.object("x").number("a") == 1
        assert [each.number("b") for each in outer.objects("y")] == [2]
        assert outer.items() == (("more", "kept"),)
        assert outer.has("x")
        assert not outer.has("z")


class TestALenientReading:
    @pytest.mark.parametrize(
        ("read", "nothing"),
        [("text", ""), ("known", ""), ("number", 0), ("flag", False), ("time", None), ("objects", ())],
    )
    @pytest.mark.parametrize("source", [{}, {"x": {"strange": 1}}], ids=["missing", "strange"])
    def test_reads_nothing_and_notes_the_key_once(
        self, read: str, nothing: object, source: dict[str, object]
    ) -> None:
        lenient = WireFields.lenient("thing", source)
        assert getattr(lenient, read)("x") == nothing
        getattr(lenient, read)("x")
        assert lenient.unknown == ("x",)

    def test_notes_the_keys_of_nested_objects_with_dots(self) -> None:
        lenient = WireFields.lenient("thing", {"one": {"a": "no number"}, "many": [{"b": 1}, {}, 5]})
        assert lenient.object("one").number("a") == 0
        assert [row.text("b") for row in lenient.objects("many")] == ["1", ""]
        assert lenient.object("gone").items() == ()
        assert lenient.unknown == ("one.a", "many", "gone")

    def test_still_wants_what_identifies_a_thing(self) -> None:
        with pytest.raises(WireError, match="lacks the documented key 'id'"):
            WireFields.lenient("thing", {}).identity()
