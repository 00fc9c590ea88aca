"""A few kills and power cuts; tests/system/crash/crash.py plays as many as one likes."""

import pathlib
import re
import subprocess
import sys

from conftest import BIN

CRASH = pathlib.Path(__file__).parent / "crash/crash.py"


def test_what_was_acknowledged_survives_kills_and_power_cuts():
    done = subprocess.run([sys.executable, CRASH, "--kills", "12", "--cuts", "8", "--bin", BIN], capture_output=True,
                          text=True, timeout=300, stdin=subprocess.DEVNULL)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    inside, acknowledged = map(int, re.search(r"inside a commit: (\d+), acknowledged: (\d+)", done.stdout).groups())
    assert inside >= 1 and acknowledged > 100
    operations, ran = map(int, re.search(r"operations: (\d+), ran: (\d+)", done.stdout).groups())
    assert operations > 100 and ran > 100
    kinds = re.findall(r"^([a-z-]+): (\d+) acknowledged, (\d+) reached the device, (\d+) of them again$", done.stdout, re.M)
    assert len(kinds) == 9 and all(int(acknowledged) > 0 and int(reached) > 0 for _, acknowledged, reached, _ in kinds)
    assert int(re.search(r"observations: (\d+)", done.stdout)[1]) > 100
