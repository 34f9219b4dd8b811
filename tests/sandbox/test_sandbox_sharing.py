"""One practice world for the notebooks of a folder, in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from drkit.sandbox import find_running, join_or_begin

JUPYTER = """
import subprocess, sys
notebooks = [subprocess.Popen([sys.executable, "-c", sys.argv[1]]) for _ in range(2)]
print([each.wait() for each in notebooks], flush=True)
sys.stdin.read()
"""
NOTEBOOK = """
import json, pathlib
from drkit.sandbox import join_or_begin
access, joined = join_or_begin(pathlib.Path.cwd(), 10, "full")
pathlib.Path(f"seen-{joined}.json").write_text(json.dumps(access))
"""


@pytest.mark.slow
def test_two_notebooks_that_begin_at_once_share_a_world_which_ends_with_their_jupyter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRKIT_SANDBOX_FILE", str(tmp_path / "machine.json"))
    monkeypatch.delenv("DRKIT_SANDBOX", raising=False)
    monkeypatch.chdir(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", JUPYTER, NOTEBOOK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as jupyter:
        assert jupyter.stdout
        assert jupyter.stdout.readline() == "[0, 0]\n"
        begun, joined = (json.loads(Path(f"seen-{each}.json").read_text()) for each in (False, True))
        assert begun == joined == find_running()
        assert join_or_begin(tmp_path, 10, "full") == (begun, True)
        file = tmp_path / ".drkit" / "practice.json"
        assert file.stat().st_mode & 0o077 == 0
        served_by = psutil.Process(json.loads(file.read_text())["pid"])
        assert served_by.is_running()
        assert not (tmp_path / "machine.json").exists()
        assert jupyter.stdin
        jupyter.stdin.close()
        jupyter.wait(60)
        psutil.wait_procs([served_by], timeout=60)
        assert not served_by.is_running()
    assert find_running() is None


def test_where_none_can_be_begun_it_is_said(tmp_path: Path) -> None:
    (tmp_path / ".drkit").write_text("a file in the way")
    with pytest.raises(ConnectionError, match=r"^No practice range can be begun for the notebooks of "):
        join_or_begin(tmp_path, 10, "full")
    with pytest.raises(ConnectionError, match=r"did not begin: .*[Mm]anner"):
        join_or_begin(tmp_path / "other", 10, "odd")
