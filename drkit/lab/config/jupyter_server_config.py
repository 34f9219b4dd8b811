"""What `drkit lab` asks of Jupyter Server. The operator's own settings files stay as they are."""

import os
import pathlib

c = get_config()  # type: ignore[name-defined] # noqa: F821 - traitlets puts it here

c.IdentityProvider.token = os.environ["DRKIT_LAB_TOKEN"]
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.terminals_enabled = False
c.ServerApp.log_level = "WARN"
c.ServerApp.kernel_spec_manager_class = "drkit.headless.kernelspec.OwnPython"
c.ServerApp.kernel_manager_class = "drkit.lab.ahead.KernelsAhead"
c.ServerApp.jpserver_extensions = {"drkit.lab.extension": True, "jupyter_lsp": False}
c.LabApp.default_url = "/doc/tree/00_start_here.ipynb"
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.extension_manager = "readonly"
c.LabApp.extra_labextensions_path = [str(pathlib.Path(__file__).parent.parent / "labextensions")]
# A table of 10,000 pairs is a few MB in one message; what goes over the limits is dropped without a word.
c.ZMQChannelsWebsocketConnection.iopub_msg_rate_limit = 5000
c.ZMQChannelsWebsocketConnection.iopub_data_rate_limit = 50_000_000
