from drkit.headless.printing import aligned, printable


def test_texts_stand_left_and_numbers_right_under_their_names() -> None:
    rows = [{"pair": "a", "size": "10", "state": "done"}, {"pair": "long", "size": "9"}]
    assert aligned(rows) == ["pair  size  state", "a       10  done", "long     9"]
    assert aligned([]) == []


def test_nothing_from_a_server_steers_the_terminal() -> None:
    assert printable("a\x1b[2Jb\x9bc\u202ed\r\ne\tf") == "a\ufffd[2Jb\ufffdc\ufffdd\ne\tf"
    assert aligned([{"na\nme": "x\ny"}]) == ["na\nme", "x y"]
