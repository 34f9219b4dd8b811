"""Beginning a copy of a real project by clicking, in a real Chromium: choose the file, and say yes."""

from dataclasses import replace
from pathlib import Path

from playwright.sync_api import expect

from drkit.model import Backend, kept
from drkit.sandbox import Sandbox
from drkit.site import practise
from tests.browser.screen import Screen

CLOUD = Backend(False, "Open Telekom Cloud", "eu-de", "eu-de_shop", "0a1b")


def reading(folder: Path) -> Path:
    """A reading of a project, as `site.snapshot("erp.json")` keeps it."""
    with practise(Sandbox("healthy-three-tier")) as site:
        inventory = site.client.inventory(disks=True, quotas=True, beside=True)
    servers = {key: replace(server, root_device="") for key, server in inventory.servers.items()}
    path = folder / "erp.json"
    path.write_bytes(kept(replace(inventory, backend=CLOUD, servers=servers)))
    return path


def test_a_file_is_chosen_and_its_project_is_there_to_practise_on(screen: Screen, tmp_path: Path) -> None:
    screen.open()
    page = screen.page
    page.get_by_role("button", name="Practice range").click()
    begin = page.get_by_role("button", name="Begin this copy")
    expect(begin).to_be_disabled()
    with page.expect_file_chooser() as asked:
        page.get_by_role("button", name="A file").click()
    asked.value.set_files(reading(tmp_path))
    expect(begin).to_be_enabled()
    screen.picture("copy-chosen")
    begin.click()
    expect(page.get_by_text("throws the present world away")).to_be_visible()
    screen.picture("copy-asked")
    page.get_by_role("button", name="Throw it away and start").click()
    expect(
        page.get_by_role("heading", name="Now: Copy of Open Telekom Cloud eu-de_shop, read at")
    ).to_be_visible()
    expect(page.get_by_text("The root device of a server is not known")).to_be_visible()
    page.get_by_role("heading", name="Now: Copy of").scroll_into_view_if_needed()
    screen.picture("copy-begun")
