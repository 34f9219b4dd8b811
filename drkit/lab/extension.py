"""Runs inside Jupyter Server: tells the page which notebooks are runbooks; under `drkit lab` it also shows a
word while Lab is loading, starts a kernel ahead, and ends with `drkit lab`.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, DictLoader, PrefixLoader
from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated

from drkit.lab.ahead import KernelsAhead
from drkit.lab.shipped import is_shipped


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "drkit.lab.extension"}]


def _load_jupyter_server_extension(server: Any) -> None:  # noqa: ANN401 - ServerApp's traits are untyped
    settings = server.web_app.settings
    server.web_app.add_handlers(
        ".*$", [(url_path_join(settings["base_url"], "drkit", "shipped"), ShippedHandler)]
    )
    if "DRKIT_LAB_RUNBOOKS" not in os.environ:  # somebody's own Jupyter
        return
    page = settings.setdefault("page_config_data", {})
    page["drkitRunbooks"] = json.loads(os.environ.pop("DRKIT_LAB_RUNBOOKS"))
    del os.environ["DRKIT_LAB_TOKEN"]  # the kernels inherit the rest
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True, name="lifeline").start()
    server.io_loop.add_callback(_when_loaded, server)


class ShippedHandler(APIHandler):
    """Whether a notebook's code is a shipped runbook's, so that it may run when it is opened."""

    @authenticated
    async def get(self) -> None:
        """Answer for the notebook of that path."""
        path = self.get_query_argument("path")
        contents: Any = self.contents_manager
        model = await ensure_async(contents.get(path, content=True, type="notebook"))
        try:
            cells = model["content"]["cells"]
        except (LookupError, TypeError) as error:
            raise HTTPError(400, f"{path} is not a notebook") from error
        self.finish({"shipped": is_shipped(cells)})


def _when_loaded(server: Any) -> None:  # noqa: ANN401
    environment = server.web_app.settings["lab_jinja2_env"]
    environment.loader = _with_a_word(environment.loader)
    if isinstance(server.kernel_manager, KernelsAhead):
        server.kernel_manager.begin_ahead()


def _with_a_word(labs: BaseLoader) -> BaseLoader:
    """Lab's templates, with our page in place of its main one; ours builds on that."""
    ours = Path(__file__).with_name("opening.html").read_text()
    return ChoiceLoader([DictLoader({"index.html": ours}), PrefixLoader({"lab": labs}), labs])


def _end_with_parent(server: Any) -> None:  # noqa: ANN401
    """Wait until `drkit lab` is gone, however it went: its end of the pipe closes with it."""
    # In a thread of its own, for the read blocks; the server belongs to the loop and is stopped there.
    while os.read(sys.stdin.fileno(), 1):
        pass
    server.io_loop.add_callback(server.stop)
