"""A program that a test runs: its lines are awaited with a bound of time, never slept for."""

import json
import os
import queue
import subprocess
import threading
import time

# Seconds; only what hangs or is lost takes them.
PATIENCE = 20.0
EVENT_PATIENCE = 15.0


class Program:
    """Lines of stdout go to `lines` (None at its end), those of stderr are kept for messages."""

    def __init__(self, command, **options):
        self.name = os.path.basename(command[0])
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        self.lines = queue.Queue()
        self.errors = []
        self.error_lines = queue.Queue()
        self.threads = [
            threading.Thread(target=self._read_output, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def _read_output(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line)
            self.error_lines.put(line.rstrip("\n"))
        self.error_lines.put(None)

    def wait_error_line(self, wanted):
        """The first line of stderr that `wanted` finds something in; what it found."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self.error_lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"{self.name} did not say what was awaited; it said:\n" + "".join(self.errors))
            found = wanted(line)
            if found:
                return found

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask_to_end(self):
        self.process.terminate()

    def stop(self):
        """Asks first, then kills. Returns the exit status. May be called twice."""
        if self.process.stdout.closed:
            return self.process.returncode
        self.ask_to_end()
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdin.close()
        for thread in self.threads:
            thread.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
        return status


class Peer(Program):
    """A program of lines of JSON: requests with an id, answers with it, and events."""

    def __init__(self, command, **options):
        super().__init__(command, **options)
        self.last_id = 0
        self.events = []

    def ask_to_end(self):
        self.process.stdin.close()

    def _next(self, end, what):
        try:
            line = self.lines.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            raise AssertionError(f"{what} did not come\n{self.name} said:\n" + "".join(self.errors)) from None
        if line is None:
            raise AssertionError(f"{self.name} ended\nit said:\n" + "".join(self.errors))
        return json.loads(line)

    def ask(self, op, **parameters):
        self.last_id += 1
        end = time.monotonic() + PATIENCE
        self.say(json.dumps({"id": self.last_id, "op": op, **parameters}))
        while True:
            line = self._next(end, f"the answer to {op}")
            if line.get("id") == self.last_id:
                return line
            self.events.append(line)

    def wait(self, name, fits=lambda event: True, patience=EVENT_PATIENCE):
        """Takes the first event of this name that fits."""
        end = time.monotonic() + patience
        seen = 0
        while True:
            for i in range(seen, len(self.events)):
                if self.events[i].get("event") == name and fits(self.events[i]):
                    return self.events.pop(i)
            seen = len(self.events)
            line = self._next(end, f"the event {name}")
            self.events.append(line)
