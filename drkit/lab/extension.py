"""Runs inside Jupyter Server: tells the page which notebooks are runbooks, and ends with `drkit lab`."""

import json
import os
import sys
import threading
from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "drkit.lab.extension"}]


def _load_jupyter_server_extension(server: Any) -> None:  # noqa: ANN401 - ServerApp's traits are untyped
    page = server.web_app.settings.setdefault("page_config_data", {})
    page["drkitRunbooks"] = json.loads(os.environ.pop("DRKIT_LAB_RUNBOOKS"))
    del os.environ["DRKIT_LAB_TOKEN"]  # the kernels inherit the rest
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True, name="lifeline").start()


def _end_with_parent(server: Any) -> None:  # noqa: ANN401
    """Wait until `drkit lab` is gone, however it went: its end of the pipe closes with it."""
    # In a thread of its own, for the read blocks; the server belongs to the loop and is stopped there.
    while os.read(sys.stdin.fileno(), 1):
        pass
    server.io_loop.add_callback(server.stop)
