"""A browser, and a server over a copy of the seeds' index, for each module of tests of the page.

Not for the whole session: while Playwright's synchronous interface is in use, its event loop counts
as running, and no test may run another.
"""

import shutil

import pytest
from browsing import FLAGS, find_chromium, serving, visiting


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served_index(seeds_index, tmp_path_factory):
    return shutil.copytree(seeds_index, tmp_path_factory.mktemp("served") / "index")


@pytest.fixture(scope="module")
def address(browser, served_index):
    with serving(served_index) as address:
        yield address


@pytest.fixture
def page(browser, address):
    with visiting(browser, address) as page:
        yield page
