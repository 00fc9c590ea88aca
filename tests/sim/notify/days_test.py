"""Fifty devices, each with a day of its own, against the model; and faults that it must find."""

import os
import pathlib

import pytest

from judge import run_all

BIN = pathlib.Path(os.environ.get("LN_BIN_DIR", pathlib.Path(__file__).parents[3] / "build/gcc/bin"))
DEVICES, ENOUGH = 50, 100


def test_fifty_devices_notify_neither_early_nor_late_nor_too_much_nor_too_little():
    differences, devices, notifications = run_all(BIN / "notify_trace", 1, DEVICES)
    assert differences == []
    assert devices == DEVICES and notifications > DEVICES * ENOUGH


@pytest.mark.parametrize("fault", ["pmin-late", "missed-crossing", "step-base"])
def test_a_planted_fault_is_caught(fault):
    differences, devices, _ = run_all(BIN / f"notify_trace_{fault}", 1, DEVICES)
    assert devices == DEVICES
    assert len(differences) > 0
