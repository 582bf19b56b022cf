#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The live view says what the commands say: the same recording through both."""
import json
import os
import pty
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import TCPTRIAGE, answer, done, ok, record, same, set_size  # noqa: E402

SAMPLES = 3
FILE = record(SAMPLES)


def on_terminal(*words):
    """What a command prints on a wide terminal."""
    master, slave = pty.openpty()
    set_size(slave, 400, 1000)
    process = subprocess.Popen([TCPTRIAGE, *words], stdin=subprocess.DEVNULL, stdout=slave,
                               stderr=subprocess.DEVNULL,
                               env={**os.environ, "TERM": "xterm", "TZ": "UTC",
                                    "LC_ALL": "C.UTF-8"})
    os.close(slave)
    text = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        text += data
    os.close(master)
    process.wait(timeout=60)
    return text.decode().replace("\r", "")


# Both play the recording from its first sample on: what can only be told from two samples is then
# told by both.
PLAY = (f"--from={FILE}", "--at=#1")


def frame(view, at):
    """The last of AT frames."""
    text = answer("top", "-b", "-c", str(at), *PLAY, f"--view={view}", columns=400)
    return re.sub(r"(?m)^[*+]", " ", text).split("\n\n tcptriage ")[-1].splitlines()


def last_json(*words, at):
    return json.loads(answer(*words, "-J", *PLAY, "-i", "1", "-c", str(at)).splitlines()[-1])


def table(lines, first):
    """Heading and rows of the last table whose heading begins with FIRST: lists of words."""
    rows = []
    for line in lines:
        # What is drawn is not compared, nor are its headings.
        words = [word for word in re.sub(r"[█▏▎▍▌▋▊▉▁▂▃▄▅▆▇]+", " ", line).split()
                 if word not in ("BAR", "HISTORY", "LAST_60S")]
        if words and words[0] == first and words[-1].isupper():
            rows = [words]
        elif rows and len(words) == len(rows[0]) and rows[-1] is not None:
            rows.append(words)
        elif rows:
            rows.append(None)
    return [row for row in rows if row is not None]


for at in range(1, SAMPLES + 1):
    states = last_json("states", at=at)
    lines = frame("overview", at)
    got = {row[0]: int(row[1]) for row in table(lines, "STATE")[1:]}
    same(got, states["states"], f"sample {at}: the overview's counts are those of states")
    ok(re.match(rf"sockets {states['total']} ", lines[1]), f"sample {at}: and so is its total",
       lines[1])
    # The strip of counts above the other views.
    text = " ".join(frame("listeners", at)[3:7])
    same({name: int(count) for name, count in re.findall(r"([A-Z_0-9]*[A-Z][A-Z_0-9]*) +(\d+)", text)
          if name in states["states"]}, states["states"],
         f"sample {at}: the counts above the other views too")

    for view, command, first in (("close-wait", ["close-wait"], "PID"),
                                 ("ports", ["ports"], "LOCAL"),
                                 ("listeners", ["listeners"], "LOCAL"),
                                 ("handshakes", ["handshakes"], "STATE"),
                                 ("destinations", ["states", "--by=remote"], "REMOTE")):
        expected = table(on_terminal(*command, "-t", "0", "--color=never", *PLAY, "-i", "1", "-c",
                                     str(at)).splitlines(), first)
        got = table(frame(view, at), first)
        ok(len(expected) > 1, f"sample {at}: {view} has rows", expected)
        same(got[0], expected[0], f"sample {at}: {view} has the columns of {command[0]}")
        same(sorted(got), sorted(expected), f"sample {at}: {view} has the rows of {command[0]}")

    sockets = last_json("list", at=at)["sockets"]
    rows = [line.split() for line in frame("sockets", at) if re.match(r" [A-Z_0-9]+ +\d+ +\d+ ", line)]
    same(sorted((row[0], row[3], row[4]) for row in rows),
         sorted((s["state"], f"{s['local']}:{s['local_port']}", f"{s['remote']}:{s['remote_port']}")
                for s in sockets), f"sample {at}: the sockets are those of list")

    check = last_json("check", "--sample=0", at=at)
    lines = frame("check", at)
    same(re.findall(r"(?m)^ (?:info|warning|critical) +([a-z0-9-]+) ", "\n".join(lines)),
         [f["id"] for f in check["findings"]], f"sample {at}: check finds the same")
    same(lines[2].split()[1], check["verdict"], f"sample {at}: with the same verdict")

# The filter means the same.
for words in (["state", "close-wait"], ["dport", "=", ":7001", "or", "sport", "=", ":7001"],
              ["not", "state", "established"]):
    states = json.loads(answer("states", "-J", *PLAY, *words))
    lines = answer("top", "-b", "-c", "1", *PLAY, *words, columns=200).splitlines()
    same({row[0]: int(row[1]) for row in table(lines, "STATE")[1:]}, states["states"],
         f"filter {' '.join(words)}: the same counts")

# A recording is played to its end, and always in the same way.
once = answer("top", "-b", f"--from={FILE}", "--view=ports", columns=200)
same(once, answer("top", "-b", f"--from={FILE}", "--view=ports", columns=200),
     "a recording gives the same frames every time")
same(once.count("tcptriage "), SAMPLES, "a frame for each sample")
ok("\033" not in once and "\u202e" not in once, "nothing that a terminal would obey")
ok(not re.search("[█▏▎▍▌▋▊▉▁▂▃▄▅▆▇▲▼›]", once), "nothing is drawn where there is no terminal")
on_screen = on_terminal("top", "-b", *PLAY, "--view=ports")
ok(re.search("[▲▼]|LAST_60S", on_screen), "on a terminal it is", on_screen[:500])
ascii_frames = subprocess.run([TCPTRIAGE, "top", "-b", f"--from={FILE}", "--view=ports"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, timeout=60, check=False,
                              env={**os.environ, "LC_ALL": "C"}).stdout
ok(ascii_frames and all(byte < 0x7f for byte in ascii_frames), "LC_ALL=C: nothing but ASCII")
done()
