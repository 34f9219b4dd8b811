"""A kernel that is started before it is wanted, with drkit loaded: opening a runbook waits for neither.

It is handed out once, to whoever wants a kernel of the working folder; the next one is started a little
later, when the runbook that was opened has its forms.
"""

import asyncio
from contextlib import suppress
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.utils import ApiPath
from traitlets import TraitError

FORMS = "import " + ", ".join(
    f"drkit.forms.{name}" for name in ("attach", "looking", "practice", "rehearsal", "starting")
)
SECONDS_UNTIL_THE_NEXT = 6.0


class KernelsAhead(AsyncMappingKernelManager):
    """Jupyter Server's kernels, of which one is ahead."""

    # One thread: all of it runs on the server's loop, so nothing here needs a lock.
    _ahead: "asyncio.Task[str] | None" = None

    def begin_ahead(self) -> None:
        """Start a kernel that nobody has asked for yet."""
        self._ahead = asyncio.ensure_future(self._begin())

    async def _begin(self) -> str:
        lines = [f"--IPKernelApp.exec_lines={FORMS}"]
        # In the working folder, from which the links to reports are counted.
        return await super().start_kernel(
            path=ApiPath(""), extra_arguments=lines, kernel_name=self.default_kernel_name
        )

    async def start_kernel(  # type: ignore[override]  # as Jupyter Server's own
        self,
        *,
        kernel_id: str | None = None,
        path: Any = None,  # noqa: ANN401
        **more: Any,  # noqa: ANN401
    ) -> str:
        """The kernel that is ahead where it fits, else a new one; see Jupyter Server."""
        ahead = self._ahead
        if kernel_id is None and ahead and self._is_of_the_folder(path):
            self._ahead = None
            asyncio.get_running_loop().call_later(SECONDS_UNTIL_THE_NEXT, self.begin_ahead)
            with suppress(Exception):  # whatever is wrong with it: a new one is started
                if await self.is_alive(await ahead):
                    return ahead.result()
        return await super().start_kernel(kernel_id=kernel_id, path=path, **more)

    def _is_of_the_folder(self, path: str | None) -> bool:
        return bool(self.cwd_for_path(path or "") == self.cwd_for_path(""))  # type: ignore[no-untyped-call]

    def kernel_model(self, kernel_id: str) -> dict[str, Any]:
        """A kernel as it is listed. KeyError for one that is only being started: it is left out of the list,
        which would fail as a whole for what Jupyter Server has not noted of it yet.
        """
        try:
            model: dict[str, Any] = super().kernel_model(kernel_id)  # type: ignore[no-untyped-call]
        except (AttributeError, TraitError) as error:
            raise KeyError(kernel_id) from error
        return model

    def list_kernels(self) -> list[dict[str, Any]]:
        """The kernels that somebody has."""
        ahead = self._ahead.result() if self._ahead and self._ahead.done() else ""
        every = super().list_kernels()  # type: ignore[no-untyped-call]
        return [each for each in every if each["id"] != ahead]
