"""The folder an operator works in: the shipped notebooks, and what the operator made of them.

A notebook counts as changed when its cells read differently; outputs and what Lab notes on saving do not
count. A changed notebook is never touched: a newer version is laid beside it.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import drkit
from drkit import owned
from drkit.errors import InputError, UnknownNameError

PRIVATE = ".drkit"  # inside the folder: the manifest, Lab's log and layout, files that were replaced
REPORTS = "reports"


def shipped_notebooks() -> list[Path]:
    """The notebooks that came with this drkit, in the order of their numbers."""
    package = Path(drkit.__file__).parent
    home = package / "_notebooks"
    if not home.is_dir():  # an editable install: the checkout's own folder
        home = package.parent / "notebooks"
    return sorted(home.glob("*.ipynb"))


def find_notebook(name: Path) -> Path:
    """The file of this name, else the shipped runbook; UnknownNameError when there is neither."""
    with suppress(OSError, ValueError):  # no file can have such a name
        if name.exists():
            return name
    shipped = {path.stem: path for path in shipped_notebooks()}
    if name.stem in shipped and name.parent == Path():
        return shipped[name.stem]
    raise UnknownNameError.among("file or shipped runbook", str(name), shipped)


def fingerprint(path: Path) -> str:
    """What the notebook's cells say, as a short hash; the file's own bytes when it is no notebook."""
    raw = path.read_bytes()
    try:
        cells = [_substance(cell) for cell in json.loads(raw)["cells"]]
        raw = json.dumps(cells).encode()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        pass
    return hashlib.sha256(raw).hexdigest()[:16]


def _substance(cell: dict[str, Any]) -> list[Any]:
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    return [cell["cell_type"], text.rstrip(), sorted(cell.get("metadata", {}).get("tags", []))]


@dataclass
class WorkFolder:
    """A folder with runbooks in it; `sentences` tells what laying them did that is worth a word."""

    path: Path
    sentences: list[str] = field(default_factory=list)

    @property
    def private(self) -> Path:
        """Where drkit keeps its own things in this folder."""
        return self.path / PRIVATE

    def show_reports(self, folder: Path) -> None:
        """Have the one folder of reports, wherever it is, seen in this one as `reports`.

        Jupyter shows what is below its own folder alone. A folder of that name that is there already stays.
        """
        seen = self.path / REPORTS
        try:
            owned.make_folder(folder)
            owned.make_folder(self.private)
            if seen.is_symlink():
                seen.unlink()
            if not seen.exists():
                seen.symlink_to(folder, target_is_directory=True)
            elif not seen.samefile(folder):
                self.sentences.append(f"New reports are in {folder}; those in {seen} stay where they are")
        except OSError as error:
            self.sentences.append(f"Reports are in {folder}, and cannot be opened here: {error.strerror}")

    def lay(self, notebooks: list[Path] | None = None) -> list[str]:
        """Put the notebooks in place and give their names; InputError when the folder cannot be used."""
        try:
            owned.make_folder(self.private)
            laid = self._manifest()
            shipped = shipped_notebooks() if notebooks is None else notebooks
            for notebook in shipped:
                laid[notebook.name] = self._lay_one(notebook, laid.get(notebook.name, {}))
            self._keep(laid)
        except OSError as error:
            raise InputError(
                f"The folder {self.path} cannot be used for the runbooks ({error.strerror or error}); "
                "name another one with --dir"
            ) from error
        return [notebook.name for notebook in shipped]

    def _lay_one(self, shipped: Path, known: dict[str, str]) -> dict[str, str]:
        """Lay one notebook; gives what the manifest shall know of it."""
        here, new = self.path / shipped.name, fingerprint(shipped)
        if not here.exists():
            _copy(shipped, here)
        elif (present := fingerprint(here)) == new:
            pass
        elif present == known.get("laid"):
            earlier = self.private / "earlier" / shipped.name
            owned.make_folder(earlier.parent)
            here.replace(earlier)
            _copy(shipped, here)
            self.sentences.append(f"{here.name} is now the newer version; the one before is {earlier}")
        else:
            return self._offer(shipped, new, known)
        return {"laid": new}

    def _offer(self, shipped: Path, new: str, known: dict[str, str]) -> dict[str, str]:
        """Lay a newer version beside a notebook that the operator changed, once."""
        if known.get("offered") != new and known.get("laid") != new:
            beside = self._free_name(shipped.stem)
            _copy(shipped, beside)
            kept = f"You changed {shipped.name}, so it stays; the newer version is {beside.name}"
            self.sentences.append(kept)
        return {**known, "offered": new}

    def _free_name(self, stem: str) -> Path:
        number = 1
        while (beside := self.path / f"{stem}.new{number if number > 1 else ''}.ipynb").exists():
            number += 1
        return beside

    def _manifest(self) -> dict[str, dict[str, str]]:
        """What was laid before; nothing when that is not known, and then whatever differs stays as it is."""
        try:
            laid = json.loads((self.private / "laid.json").read_text())
            return {name: dict(entry) for name, entry in laid.items()}
        except (FileNotFoundError, ValueError, AttributeError, TypeError, RecursionError):
            return {}

    def _keep(self, laid: dict[str, dict[str, str]]) -> None:
        owned.write(self.private / "laid.json", f"{json.dumps(laid, indent=1)}\n".encode())


def _copy(source: Path, target: Path) -> None:
    """Copy whole, for the owner alone: Lab saves its outputs into that file."""
    owned.write(target, source.read_bytes())
