#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What is on the screen, to the character: frames of a recording against tests/tui/frames.

After a change that is meant: UPDATE=1 make check T=tests/tui/frames.t, then read the diff."""
import difflib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Job, TCPTRIAGE, TOP, done, ok, same  # noqa: E402

FRAMES = os.path.join(TOP, "tests/tui/frames")
FILE = os.path.join(TOP, "tests/golden/data/incident.rec")
SAMPLES = 6
VIEWS = ("overview", "close-wait", "ports", "listeners", "handshakes", "destinations", "sockets",
         "check")


def at_end(*args, columns, rows, locale="C.UTF-8"):
    """The last sample, where a recording stands still. Rates are told from the one before."""
    return Job([TCPTRIAGE, "top", f"--from={FILE}", f"--at=#{SAMPLES}", *args], columns=columns,
               rows=rows, env={"LC_ALL": locale})


def settle(job, name):
    """The screen when nothing comes any more."""
    before = None
    while before != job.text():
        before = job.text()
        job.settle()
    file = os.path.join(FRAMES, name + ".txt")
    text = before + "\n"
    if os.environ.get("UPDATE"):
        os.makedirs(FRAMES, exist_ok=True)
        with open(file, "w", encoding="utf-8") as f:
            f.write(text)
    try:
        with open(file, encoding="utf-8") as f:
            expected = f.read()
    except FileNotFoundError:
        expected = ""
    ok(text == expected, name,
       "\n".join(difflib.unified_diff(expected.splitlines(), text.splitlines(), "expected", "got",
                                      lineterm="")))


names = set()
for columns, rows in ((40, 10), (80, 24), (200, 50)):
    for view in VIEWS:
        job = at_end(f"--view={view}", columns=columns, rows=rows)
        job.wait(lambda text: "critical" in text and "reading" not in text and
                 (columns < 80 or "end" in text))
        settle(job, f"{view}-{columns}x{rows}")
        names.add(f"{view}-{columns}x{rows}")
        job.keys("q")
        same(job.ended(), "exit 0", f"{view}-{columns}x{rows}: leaves")
        job.close()

for name, steps, locale in (
        ("help", (("?", "General"),), "C.UTF-8"),
        ("help-end", (("?", "General"), ("G", "Marks")), "C.UTF-8"),
        ("details-close-wait", (("c", "UNACCEPTED"), ("\r", "close-wait: details")), "C.UTF-8"),
        ("details-state", (("j", "2/12"), ("\r", "overview: details")), "C.UTF-8"),
        ("details-check", (("e", "SEVERITY"), ("\r", "check: details"), ("G", "advice")), "C.UTF-8"),
        ("notes", (("!", "could not be seen"),), "C.UTF-8"),
        ("filter", (("s", "RECV-Q"), ("f", "filter:"), ("dport = 443", "dport = 443")), "C.UTF-8"),
        ("bad-filter", (("f", "filter:"), ("state bogus", "^^^^^")), "C.UTF-8"),
        ("filtered", (("d", "REMOTE"), ("f", "filter:"), ("state time-wait\r", "matching 190")),
         "C.UTF-8"),
        ("found", (("a", "RETRANS"), ("/40024\r", "7/13")), "C.UTF-8"),
        ("sorted", (("l", "BACKLOG"), (">", "LOCAL▲")), "C.UTF-8"),
        ("ascii", (("o", "LISTEN"),), "C")):
    job = at_end(columns=80, rows=24, locale=locale)
    job.wait(lambda text: "end" in text and "critical" in text)
    for keys, mark in steps:
        job.keys(keys)
        ok(job.wait(mark), f"{name}: {keys!r} shows {mark}", job.text())
    settle(job, name)
    names.add(name)
    job.close()

same(sorted(set(os.listdir(FRAMES)) - {name + ".txt" for name in names}), [], "no frame is left over")
done()
