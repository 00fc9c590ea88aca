"""What the documents say, held against the programs and headers: options, commands, calls, functions."""

import os
import pathlib
import re
import shlex
import subprocess

import pytest
from conftest import BIN, PATIENCE, TOKEN, Program, until

ROOT = pathlib.Path(__file__).parents[2]
MAN = ROOT / "docs/man"
PAGES = {page.stem: page.name for page in sorted(MAN.iterdir())}
LAYERS = ["base", "codec", "coap", "lwm2m", "client", "server", "bootstrap", "net", "objects",
          "firmware", "download", "client_bootstrap"]


@pytest.mark.parametrize("program", PAGES)
def test_the_man_page_has_the_options_of_help(run, program):
    _, help, _ = run(program, "--help")
    page = (MAN / PAGES[program]).read_text()
    explained = re.findall(r"^\.It Fl -([a-z0-9-]+)", page, re.M)
    assert sorted(explained) == sorted(set(re.findall(r"^  --([a-z0-9-]+)", help, re.M)))


def test_the_man_page_has_the_commands_of_help(run):
    _, help, _ = run("linnet", "--help")
    explained = re.findall(r"^\.It Cm ([a-z]+)", (MAN / "linnet.1").read_text(), re.M)
    offered = re.findall(r"^  ([a-z]+) ", help.split("\noptions")[0], re.M)
    assert sorted(set(explained)) == sorted(offered)


@pytest.mark.parametrize("page", PAGES.values())
def test_the_man_page_refers_to_pages_that_are_there(page):
    named = re.findall(r"^\.Xr (linnet[a-z-]*) ([0-9])", (MAN / page).read_text(), re.M)
    assert named and all(f"{program}.{section}" in PAGES.values() for program, section in named)


def test_every_program_has_a_man_page():
    programs = {path.name for path in BIN.iterdir() if re.fullmatch(r"linnet(d|-[a-z]+)?", path.name)}
    assert programs <= set(PAGES)


# ---- Calls in the guides ----

def blocks(document, mark):
    """The shell blocks that stand below a line `<!-- run -->` (or `<!-- run: WORD -->`)."""
    text = (ROOT / document).read_text()
    return re.findall(rf"^<!-- {mark} -->\n```sh\n(.*?)^```$", text, re.S | re.M)


def shell(server, script):
    """Runs the script as a reader would, each command in turn; stops at the first that fails."""
    env = {**os.environ, "LINNET_URL": server.url, "LINNET_TOKEN": TOKEN, "PATH": f"{BIN}:{os.environ['PATH']}"}
    return subprocess.run(["sh", "-eu", "-c", script], capture_output=True, text=True, env=env, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("script", blocks("docs/guide/server.md", "run"))
def test_calls_of_the_server_guide_succeed(server, start_device, script):
    start_device(server, "demo")
    done = shell(server, script)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("script", blocks("docs/guide/server.md", "run: 404"))
def test_the_problem_of_the_server_guide_is_one(server, start_device, script):
    start_device(server, "demo")
    assert '"status":404' in shell(server, script).stdout


@pytest.mark.parametrize("script", blocks("docs/guide/server.md", "run: stream"))
def test_the_stream_of_the_server_guide_tells(server, start_device, script):
    # The script is one command, and takes the place of the shell: to end the shell is to end it.
    env = {**os.environ, "LINNET_URL": server.url, "LINNET_TOKEN": TOKEN}
    stream = subprocess.Popen(["sh", "-c", "exec " + script], stdout=subprocess.PIPE, text=True, env=env)
    try:
        until(lambda: server.api.metric("linnet_event_streams") >= 1, "the stream is open")
        start_device(server, "demo")
        assert any("demo" in line for line in iter(stream.stdout.readline, "event: expired\n"))
    finally:
        stream.kill()
        stream.wait(PATIENCE)


def linnet_commands(document):
    """Every command line of a document that calls linnet, but `events`, which does not end."""
    lines = re.findall(r"^(?:    )?(?:build/bin/)?(linnet [a-z].*)$", (ROOT / document).read_text(), re.M)
    return [shlex.split(line)[1:] for line in lines if line != "linnet events"]


@pytest.mark.parametrize("document, example, endpoint", [
    ("README.md", None, "demo"),
    ("docs/guide/first-device.md", "01-hello", "hello"),
    ("docs/guide/objects.md", "02-object", "clock"),
])
def test_commands_of_a_document_succeed(server, start_device, request, document, example, endpoint):
    commands = linnet_commands(document)
    assert len(commands) >= 3
    if example is None:
        start_device(server, endpoint)
    else:
        program = Program(f"example-{example}", f"127.0.0.1:{server.coap_port}", endpoint)
        request.addfinalizer(lambda: program.end(9))
        until(lambda: server.api.device(endpoint), "the example is registered")
        start_device(server, "demo")
    for words in commands:
        status, _, err = server.linnet(*words)
        assert status == 0, f"{words}: {err}"


# ---- The reference ----

def declared(header):
    """The functions of a public header."""
    text = re.sub(r"/\*.*?\*/", " ", header.read_text(), flags=re.S)
    text = re.sub(r"^\s*#.*(?:\\\n.*)*$", " ", text, flags=re.M)
    text = re.sub(r"typedef[^;{]*;", " ", text)
    return set(re.findall(r"^(?:[A-Za-z_][\w ]*[\s*]+)(ln_\w+)\(", text, re.M))


@pytest.mark.parametrize("layer", LAYERS)
def test_the_reference_has_every_function(layer):
    page = (ROOT / f"docs/reference/{layer}.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `ln_")]
    explained = [name for row in rows for name in re.findall(r"`(ln_\w+)\(\)`", row.split(" | ")[0])]
    assert sorted(explained) == sorted(declared(ROOT / f"include/linnet/{layer}.h"))


def test_the_http_reference_has_every_route():
    page = (ROOT / "docs/reference/http-api.md").read_text()
    routes = re.findall(r'^\s+\{"([A-Z]+)", +"(/[^"]*)"', (ROOT / "apps/linnetd/routes.c").read_text(), re.M)
    assert sorted(re.findall(r"^\| ([A-Z]+) \| `(/[^`]*)` \|", page, re.M)) == sorted(routes)
