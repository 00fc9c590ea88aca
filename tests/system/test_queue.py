"""Devices that sleep, and what is queued for them."""

from conftest import until


def state(server, endpoint):
    return server.api.device(endpoint)["state"]


def asleep(server, endpoint):
    return until(lambda: state(server, endpoint) == "sleeping", f"{endpoint} sleeps")


def test_a_device_in_queue_mode_sleeps_after_the_time_that_awake_says(start_server, start_device):
    server = start_server("--awake", "0.3")
    start_device(server, "meter", "--queue-mode", "--awake", "0.3", "--lifetime", "2")
    asleep(server, "meter")
    assert [d["endpoint"] for d in server.api.get("/devices?state=sleeping")["items"]] == ["meter"]
    until(lambda: state(server, "meter") == "online", "its next Update wakes it up")
    assert server.api.metric("linnet_fell_asleep_total") >= 1
    until(lambda: server.api.metric("linnet_woke_up_total") >= 1, "it is counted")


def test_a_device_that_does_not_answer_is_unreachable_until_it_is_heard(start_server, start_device):
    server = start_server("--ack-timeout", "0.05", "--max-retransmit", "1")
    device = start_device(server, "lost", "--lifetime", "300")
    device.end(9)
    status, body = server.api.call("GET", "/devices/lost/data/3/0/0?timeout=1")
    assert (status, body["type"]) == (504, "device-timeout")
    assert state(server, "lost") == "unreachable"
    assert server.api.metric("linnet_became_unreachable_total") == 1
    start_device(server, "lost")
    assert state(server, "lost") == "online"
