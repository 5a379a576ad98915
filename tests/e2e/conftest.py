"""One browser for all tests of the page, and one server over a copy of the seeds' index."""

import shutil

import pytest
from browsing import FLAGS, find_chromium, serving, visiting


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(playwright), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served_index(seeds_index, tmp_path_factory):
    return shutil.copytree(seeds_index, tmp_path_factory.mktemp("served") / "index")


@pytest.fixture(scope="session")
def address(browser, served_index):
    with serving(served_index) as address:
        yield address


@pytest.fixture
def page(browser, address):
    with visiting(browser, address) as page:
        yield page
