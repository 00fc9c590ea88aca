"""Options and fixtures of the interop tests."""

import pytest

import leshan
from report import Outcomes


def pytest_addoption(parser):
    parser.addoption("--write-report", action="store_true", help="write docs/reference/interop.md and security.md from the outcomes")


@pytest.fixture(scope="session")
def outcomes():
    return Outcomes()


@pytest.fixture(scope="session")
def leshan_built():
    leshan.build()
