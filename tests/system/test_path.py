"""The whole path: a device registers, an operator reads and writes it."""

import pathlib
import signal
import time

from conftest import until


def machine_manufacturer():
    """What docs/guide/device.md says of /3/0/0, read from the sources themselves."""
    vendor = pathlib.Path("/sys/class/dmi/id/sys_vendor")
    tree = pathlib.Path("/proc/device-tree/compatible")
    if vendor.exists() and vendor.read_text().strip():
        return vendor.read_text().splitlines()[0].rstrip()
    if tree.exists() and "," in tree.read_text():
        return tree.read_text().split(",")[0]
    for line in pathlib.Path("/etc/os-release").read_text().splitlines():
        if line.startswith("NAME="):
            return line[len("NAME="):].strip("\"'")
    raise AssertionError("this machine has none of the sources")


def test_the_device_reports_the_machine_it_runs_on(server, start_device):
    start_device(server, "demo")
    status, out, err = server.linnet("read", "demo", "device/0/manufacturer")
    assert (status, out, err) == (0, machine_manufacturer() + "\n", "")


def test_memory_and_time_are_the_machines(server, start_device):
    start_device(server, "demo")
    kib = next(int(line.split()[1]) for line in pathlib.Path("/proc/meminfo").read_text().splitlines()
               if line.startswith("MemTotal:"))
    assert server.linnet("read", "demo", "/3/0/21")[1] == f"{kib * 1024 // 1000}\n"
    record = server.api.get("/devices/demo/data/3/0/13")["records"][0]
    told = time.mktime(time.strptime(record["value"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
    assert abs(told - time.time()) <= 2


def test_what_is_written_is_read_back(server, start_device):
    start_device(server, "demo")
    assert server.linnet("write", "demo", "device/0/timezone", "Europe/Paris")[0] == 0
    assert server.linnet("read", "demo", "/3/0/15")[1] == "Europe/Paris\n"
    assert server.linnet("write", "demo", "/3442/0/140", "false")[0] == 0
    assert server.linnet("read", "demo", "/3442/0/140")[1] == "false\n"
    assert server.linnet("write", "demo", "/3442/0/110", "true")[0] == 0, "a String may hold the word true"
    assert server.linnet("read", "demo", "/3442/0/110")[1] == "true\n"


def test_64_bits_survive_the_whole_path(server, start_device):
    start_device(server, "demo")
    for value in ("9223372036854775807", "-9223372036854775808"):
        assert server.linnet("write", "demo", "/3442/0/120", value)[0] == 0
        assert server.linnet("read", "demo", "/3442/0/120")[1] == value + "\n"
    assert server.linnet("write", "demo", "/3442/0/125", "18446744073709551615")[0] == 0
    assert server.linnet("read", "demo", "/3442/0/125")[1] == "18446744073709551615\n"
    assert server.linnet("write", "demo", "/3442/0/130", "5e-324")[0] == 0
    assert float(server.linnet("read", "demo", "/3442/0/130")[1]) == 5e-324


def test_execute_takes_arguments(server, start_device):
    start_device(server, "demo")
    assert server.linnet("exec", "demo", "/3442/0/3", "0='hello',7")[0] == 0
    status, out, _ = server.linnet("read", "demo", "/3442/0/4")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == ["/3442/0/4/0", "/3442/0/4/7"]
    assert "hello" in out.splitlines()[0]
    status, _, err = server.linnet("exec", "demo", "/3442/0/3", "0=hello")
    assert status == 1 and "arguments" in err


def test_a_written_lifetime_is_announced(server, start_device):
    start_device(server, "demo", "--lifetime", "300")
    assert server.linnet("write", "demo", "/1/0/1", "120")[0] == 0
    until(lambda: server.api.device("demo")["lifetime"] == 120, "the Update with the new lifetime")


def test_sigterm_deregisters(server, start_device):
    device = start_device(server, "demo")
    assert device.end() == 0
    assert server.api.device("demo") is None
    assert server.api.metric("linnet_deregisters_total") == 1


def test_sigkill_lets_it_expire_after_its_lifetime(server, start_device):
    device = start_device(server, "demo", "--lifetime", "2")
    known = server.api.device("demo")
    assert known["lifetime"] == 2
    device.end(signal.SIGKILL)
    until(lambda: server.api.device("demo") is None, "the registration expires")
    assert server.api.metric("linnet_expiries_total") == 1


def test_reboot_starts_the_device_anew(server, start_device):
    device = start_device(server, "demo")
    first = server.api.device("demo")["registration"]
    assert server.linnet("exec", "demo", "device/0/reboot")[0] == 0
    device.wait_for("registered as", count=2)
    assert server.api.device("demo")["registration"] != first


def test_two_servers_each_have_the_device(start_server, start_device):
    one, two = start_server(), start_server()
    start_device(one, "twice", "--server", two.uri, "--lifetime", "60")
    until(lambda: two.api.device("twice"), "the second server has it too")
    assert one.api.device("twice")["lifetime"] == 300
    assert two.api.device("twice")["lifetime"] == 60
    assert two.linnet("read", "twice", "/1/1/1")[1] == "60\n"
    status, _, err = one.linnet("read", "twice", "/1/1/1")  # an account is its server's alone
    assert status == 1 and "4.01" in err


def test_events_tell_what_happens(server, start_device):
    import subprocess
    from conftest import BIN, TOKEN, Program
    watcher = Program("linnet", "--url", server.url, "--token", TOKEN, "events")
    until(lambda: server.api.metric("linnet_event_streams") >= 1, "the watcher is connected")
    device = start_device(server, "seen")
    device.end()
    watcher.wait_for("deregistered")
    kinds = [line.split()[1] for line in watcher.lines]
    assert kinds[0] == "registered" and kinds[-1] == "deregistered"
    watcher.end()
