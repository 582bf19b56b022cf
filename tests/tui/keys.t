#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# timeout: 400
"""Every key does what the help says, in every size."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import (Job, SOCKETS, TCPTRIAGE, done, lab, ok, private_netns, record, same,  # noqa: E402
                      temporary)

FILE = record(5)
NETNS = private_netns()
lab(NETNS, *SOCKETS)
VIEWS = ("overview", "close-wait", "ports", "listeners", "handshakes", "destinations", "sockets",
         "check")
# A word that only this view's table shows.
MARKS = {"overview": "SHARE", "close-wait": "UNACCEPTED", "ports": "CAPACITY",
         "listeners": "BACKLOG", "handshakes": "RETRANS", "destinations": "REMOTE",
         "sockets": "RECV-Q", "check": "othing wrong"}
used = set()


def paused(*args, columns=80, **how):
    """A recording that stands still, at its first sample unless this machine is very busy."""
    job = Job([TCPTRIAGE, "top", f"--from={FILE}", *args], columns=columns, **how)
    job.wait("recording")
    job.keys(" ")
    if columns >= 80:
        job.wait(lambda text: "paused" in text or "end" in text)
    return job


def press(job, key, name, what, condition):
    used.add(name)
    job.keys(key)
    return ok(job.wait(condition), f"{name}: {what}", job.text())


def help_keys(job):
    """The keys that the open help names."""
    job.settle()
    found = set()
    for line in job.text().splitlines()[5:]:
        match = re.match(r" ((?:\S+ )*\S+)  +\S", line[:25])
        if match and not re.match(r"[1-8] [a-z]$|[+*]$", match.group(1)):
            found |= set(match.group(1).split())
    return found


def place(job):
    """Where in the table the selection is: the bottom line's "5/167"."""
    job.wait(lambda text: re.search(r"\d+/\d+$", text))
    return [int(n) for n in re.search(r"(\d+)/(\d+)$", job.text()).groups()]


def selected(job):
    """The row that is drawn as selected."""
    for y in range(job.screen.lines):
        row = job.screen.buffer[y]
        if row[1].bg == "cyan" and row[job.screen.columns - 1].bg == "cyan":
            return job.screen.display[y]
    return ""


def in_all_sizes():
    """Every view in every size shows its table and stays within the screen."""
    for columns, rows in ((40, 10), (80, 24), (200, 50), (300, 100)):
        for locale in ("C", "C.UTF-8"):
            job = paused(columns=columns, rows=rows, env={"LC_ALL": locale})
            for i, view in enumerate(VIEWS):
                job.keys(str(i + 1))
                # Narrow screens have room for the first columns only.
                mark = MARKS[view] if columns > 40 else \
                    {"close-wait": "PID", "ports": "LOCAL", "listeners": "LOCAL",
                     "handshakes": "STATE"}.get(view, MARKS[view])
                ok(job.wait(mark) and job.gone("reading"), f"{columns}x{rows} {locale}: {view}",
                   job.text())
                job.settle()
                lines = job.screen.display
                ok("tcptriage" in lines[0] and "Help" in lines[-1],
                   f"{columns}x{rows} {locale}: {view} between title and keys", job.text())
            if locale == "C":
                ok(all(b < 0x80 for b in job.raw), f"{columns}x{rows} C: nothing but ASCII")
            ok(b"\033]0;" not in job.raw and "\u202e".encode() not in job.raw,
               f"{columns}x{rows} {locale}: a hostile name reaches the screen as text only")
            job.keys("q")
            same(job.ended(), "exit 0", f"{columns}x{rows} {locale}: leaves")
            job.close()


def resized():
    """Another size at any moment; one too small is said and waited out."""
    job = paused()
    for view in VIEWS:
        job.keys(str(VIEWS.index(view) + 1))
        ok(job.wait(MARKS[view]), f"resize: {view} at 80x24", job.text())
        for columns, rows in ((200, 50), (1, 1), (39, 9), (40, 10), (300, 100), (80, 24)):
            job.resize(columns, rows)
            if (columns, rows) == (1, 1):
                job.settle()
            elif columns < 40:
                ok(job.wait("needs 40x10"), f"resize: {view} at {columns}x{rows}", job.text())
            else:
                ok(job.wait(lambda t: "Help" in t.splitlines()[-1] and "tcptriage" in t
                            and "too small" not in t),
                   f"resize: {view} at {columns}x{rows}", job.text())
    job.keys("?")
    ok(job.wait("Keys"), "resize: the help", job.text())
    job.resize(120, 40)
    ok(job.wait(lambda t: "Help" in t.splitlines()[-1]), "resize: with the help open", job.text())
    job.keys("qq")
    same(job.ended(), "exit 0", "resize: leaves")
    job.close()


def moving():
    job = paused("--view=sockets", columns=120, rows=30)
    ok(job.wait("RECV-Q") and job.wait("1/"), "it stands at the first row", job.text())
    total = place(job)[1]
    press(job, "\033OB", "Down", "a row down", "2/")
    press(job, "j", "j", "a row down", "3/")
    press(job, "\033OA", "Up", "a row up", "2/")
    press(job, "\033[B", "Down", "a row down, as other terminals send it", "3/")
    press(job, "\033[A", "Up", "a row up", "2/")
    press(job, "k", "k", "a row up", "1/")
    press(job, "G", "G", "to the end", f"{total}/{total}")
    press(job, "g", "g", "to the top", "1/")
    press(job, "\033OF", "End", "to the end", f"{total}/{total}")
    press(job, "\033OH", "Home", "to the top", "1/")
    page = None
    for down, up, names in (("\033[6~", "\033[5~", ("PgDn", "PgUp")),
                            ("\006", "\002", ("Ctrl-F", "Ctrl-B"))):
        press(job, down, names[0], "a page down", lambda t: not re.search(r"\b1/", t))
        job.settle()
        page = place(job)[0]
        press(job, up, names[1], "a page up", "1/")
    press(job, "\004", "Ctrl-D", "half a page down", lambda t: not re.search(r"\b1/", t))
    job.settle()
    ok(place(job)[0] < page, "half a page is less than one")
    press(job, "\025", "Ctrl-U", "half a page up", "1/")
    job.keys("q")
    job.close()

    job = paused("--view=ports", columns=60, rows=24)
    ok(job.wait("IN_USE"), "a narrow screen", job.text())
    press(job, "\033OC", "Right", "columns at the right", lambda t: "REMOTE" not in t)
    press(job, "\033OD", "Left", "and back", "REMOTE")
    press(job, "\t", "Tab", "the next view", "BACKLOG")
    press(job, "\033[Z", "Shift-Tab", "the view before", "CAPACITY")
    for key, view in zip("ocpladse", VIEWS):
        job.keys(key)
        first = {"ports": "LOCAL", "handshakes": "STATE", "close-wait": "PID"}.get(view, MARKS[view])
        ok(job.wait(first) and job.gone("reading"), f"{key}: {view}", job.text())
    job.keys("q")
    job.close()


def rows():
    job = paused("--view=sockets", columns=140, rows=40)
    job.wait("RECV-Q")
    press(job, ">", ">", "orders by a column", "STATE▲")
    press(job, ">", ">", "by the next", "RECV-Q▼")
    press(job, "<", "<", "by the one before", "STATE▲")
    press(job, "\033[17~", "F6", "orders by the next column", "RECV-Q▼")
    press(job, "r", "r", "the other way round", "RECV-Q▲")
    press(job, "I", "I", "and back", "RECV-Q▼")
    for key, name in (("/", "/"), ("\033OR", "F3")):
        press(job, key, name, "asks what to search for", "search:")
        job.keys("SYN_SENT\r")
        ok(job.wait(lambda t: "SYN_SENT" in selected(job)), f"{name}: goes there", job.text())
        job.keys("g")
        job.wait("1/")
    first = selected(job)
    job.keys("/syn_sent\r")
    job.wait(lambda t: "SYN_SENT" in selected(job))
    here = selected(job)
    press(job, "n", "n", "the next one", lambda t: "SYN_SENT" in selected(job) != here
          and selected(job) != here)
    press(job, "N", "N", "the one before", lambda t: selected(job) == here)
    job.keys("/nosuchthing")
    ok(job.wait("no row contains that"), "what is not there is said", job.text())
    press(job, "\033", "Esc", "gives the search up", lambda t: "search:" not in t)
    for key, name in (("f", "f"), ("\\", "\\"), ("\033OS", "F4")):
        press(job, key, name, "asks for a filter", "filter:")
        job.keys("\025state bogus")
        ok(job.wait(lambda t: "^^^^^" in t and "filter: state bogus" in t),
           f"{name}: a bad one is shown in place", job.text())
        job.keys("\025state close-wait\r")
        ok(job.wait("/35") and job.wait("matching 35"), f"{name}: only what matches", job.text())
        job.keys("\033")
        job.settle()
        job.keys("\033")
        ok(job.gone("matching"), f"{name}: Esc takes it away", job.text())
    ok(job.wait("/167") and job.wait("sockets 167"), "all are back", job.text())
    for key, name in (("\r", "Enter"), ("x", "x")):
        press(job, key, name, "details", "details")
        job.keys("G")
        ok(job.wait("cookie"), f"{name}: with everything", job.text())
        press(job, "q", "q", "closes the page", lambda t: "details" not in t)
    job.keys("q")
    job.close()

    job = paused("--view=close-wait", columns=120, rows=40)
    job.keys("\r")
    ok(job.wait(lambda t: "details" in t and "CLOSE_WAIT" in t),
       "the explanation stands in the details", job.text())
    job.keys("\033")
    ok(job.gone("details"), "Esc closes the page")
    job.close()


def general():
    job = paused(columns=120, rows=60)
    for key, name in (("?", "?"), ("h", "h"), ("\033OP", "F1")):
        press(job, key, name, "the help", "General")
        shown.update(help_keys(job))
        job.keys("q")
        job.gone("General")
    press(job, "!", "!", "what could not be seen", "What could not be seen")
    job.keys("q")
    job.gone("What could not be seen")
    size = len(job.raw)
    press(job, "\014", "Ctrl-L", "draws everything anew",
          lambda t: len(job.raw) > size + 1000 and "Help" in t)
    press(job, "m", "m", "mouse off", "mouse off")
    ok(job.raw.rfind(b"1000l") > job.raw.rfind(b"1000h"), "the terminal is told")
    press(job, "m", "m", "mouse on", "mouse on")
    ok(job.raw.rfind(b"1000h") > job.raw.rfind(b"1000l"), "the terminal is told again")
    job.keys("\033[21~")
    used.add("F10")
    same(job.ended(), "exit 0", "F10: leaves")
    job.close()


def mouse():
    def click(job, column, row):
        job.keys(f"\033[<0;{column + 1};{row + 1}M\033[<0;{column + 1};{row + 1}m")

    def find(job, text):
        for y, line in enumerate(job.screen.display):
            if text in line:
                return line.index(text), y
        return 0, 0

    job = paused(columns=120, rows=40)
    click(job, *find(job, "sockets check"))
    ok(job.wait("RECV-Q"), "a click on a view shows it", job.text())
    x, y = find(job, "RECV-Q")
    click(job, x, y)
    ok(job.wait("RECV-Q▼"), "a click on a heading orders by it", job.text())
    click(job, x, y + 4)
    ok(job.wait("4/"), "a click on a row selects it", job.text())
    click(job, x, y + 4)
    ok(job.wait("details"), "a second one looks into it", job.text())
    x, y = find(job, "Quit")
    click(job, x, y)
    ok(job.gone("details"), "a click on a key presses it", job.text())
    used.update(("wheel", "up", "down"))
    job.keys("\033[<65;5;20M")
    ok(job.wait("5/"), "the wheel moves down", job.text())
    job.keys("\033[<64;5;20M")
    ok(job.wait("4/"), "the wheel moves up", job.text())
    job.keys("q")
    same(job.ended(), "exit 0", "leaves")
    job.close()
    job = paused("-M")
    ok(b"1000h" not in job.raw, "-M leaves the mouse to the terminal")
    job.close()


def played():
    job = Job([TCPTRIAGE, "top", f"--from={FILE}"], columns=120)
    ok(job.wait("sample 5 of 5") and job.wait("end"), "a recording plays to its end", job.text())
    job.keys("q")
    same(job.ended(), "exit 0", "and can be left there")
    job.close()
    job = paused(columns=120)
    press(job, ".", ".", "a sample on", lambda t: "paused" in t)
    job.keys("tgarbage\r")
    used.add("t")
    ok(job.wait("no time:"), "t: no time is said to be none", job.text())
    job.keys("t@0\r")
    ok(job.wait("later than"), "t: a time before the first sample", job.text())
    job.keys("t2100-01-01\r")
    ok(job.wait("sample 5 of 5"), "t: the last sample for a time after it", job.text())
    press(job, ",", ",", "a sample back", "sample 4 of 5")
    press(job, ",", ",", "and one more", "sample 3 of 5")
    press(job, ".", ".", "a sample on", "sample 4 of 5")
    for key in "+=]":
        press(job, key, key, "faster", lambda t, n={"+": 2, "=": 4, "]": 8}[key]: f"{n} times" in t)
    for key in "-[":
        press(job, key, key, "slower", lambda t, n={"-": 4, "[": 2}[key]: f"{n} times" in t)
    press(job, " ", "Space", "goes on to the end", "end")
    job.keys(",,")
    job.wait("sample 3 of 5")
    press(job, "Z", "Z", "goes on to the end", "sample 5 of 5")
    # Nothing moves: nothing is written.
    job.settle()
    size = len(job.raw)
    job.event(1)
    same(len(job.raw) - size, 0, "standing still it writes nothing")
    job.keys("q")
    same(job.ended(), "exit 0", "leaves")
    job.close()


def live():
    file = os.path.join(temporary(), "saved")
    job = Job([*NETNS, TCPTRIAGE, "top", "-i", "0.2"], columns=120, rows=60)
    ok(job.wait("TIME_WAIT") and job.wait("took"), "live", job.text())
    job.keys("?")
    job.wait("General")
    shown.update(help_keys(job))
    job.keys("q")
    for key, name in ((" ", "Space"), ("Z", "Z")):
        press(job, key, name, "freezes", "FROZEN")
        ok(job.wait(lambda t: re.search(r"FROZEN, [1-9]", t)), f"{name}: says how old it is",
           job.text())
        press(job, key, name, "goes on", lambda t: "FROZEN" not in t)
    press(job, "-", "-", "slower", "every 0.5 s")
    press(job, "+", "+", "faster", "every 0.2 s")
    press(job, "=", "=", "faster", "every 0.1 s")
    press(job, "i", "i", "asks for the interval", "seconds:")
    job.keys("\0250.0001\r")
    ok(job.wait("as fast as it goes"), "i: a limit is said", job.text())
    job.keys("i\0250.3\r")
    ok(job.wait("every 0.3s"), "i: and taken", job.text())
    press(job, "w", "w", "asks for a file", "save to file:")
    job.keys("/nonexistent/x\r")
    ok(job.wait("nonexistent") and job.gone("saving"), "w: says what is wrong", job.text())
    job.keys("w" + file + "\r")
    ok(job.wait("saving 3"), "w: saves", job.text())
    press(job, "R", "R", "ends that", "samples saved")
    job.keys("q")
    same(job.ended(), "exit 0", "leaves")
    job.close()
    job = Job([TCPTRIAGE, "top", f"--from={file}"], columns=120)
    ok(job.wait("recording") and job.wait("TIME_WAIT"), "what was saved can be played", job.text())
    job.keys("q")
    job.close()


def starts():
    """Where the command line wants it to."""
    job = Job([TCPTRIAGE, "top", f"--from={FILE}", "--view=sockets", "--sort=-SEND-Q", "state",
               "listen"], columns=120)
    ok(job.wait("SEND-Q▼") and job.wait("filter state listen") and job.wait("matching 5"),
       "--view, --sort and a filter", job.text())
    job.close()
    config = temporary()
    job = Job([*NETNS, TCPTRIAGE, "top", "--save", "--view=sockets", "-i", "0.7", "--sort=LOCAL"],
              columns=120, env={"XDG_CONFIG_HOME": config})
    job.wait("every 0.7s")
    job.keys("q")
    same(job.ended(), "exit 0", "--save")
    job.close()
    job = Job([*NETNS, TCPTRIAGE, "top"], columns=120, env={"XDG_CONFIG_HOME": config})
    ok(job.wait("every 0.7s") and job.wait("LOCAL▲"), "the settings are those that were saved",
       job.text())
    job.keys("po")
    job.keys("q")
    same(job.ended(), "exit 0", "leaves")
    job.close()
    job = Job([*NETNS, TCPTRIAGE, "top"], columns=120, env={"XDG_CONFIG_HOME": config})
    ok(job.wait("LOCAL▲"), "and stay as they were without --save", job.text())
    job.close()
    for words, text in ((["--view=port"], "did you mean ports"), (["--view=xyzzy"], "there are"),
                        (["--view=ports", "--sort=bogus"], "no column named 'bogus'")):
        job = Job([TCPTRIAGE, "top", *words], columns=200)
        same(job.ended(), "exit 64", f"{words[0]}: wrong usage")
        ok(text in job.text(), f"{words[0]}: says what there is", job.text())
        job.close()
    job = Job([TCPTRIAGE, "top", f"--from={FILE}", "state", "bogus"], columns=200)
    same(job.ended(), "exit 64", "a bad filter: wrong usage")
    ok("^" in job.text(), "a bad filter: with a caret", job.text())
    job.close()
    job = Job([TCPTRIAGE, "top", "--from=/nonexistent"], columns=200)
    same(job.ended(), "exit 3", "no such recording: exit status 3")
    ok("nonexistent" in job.text() and b"\033" not in job.raw, "no such recording: says so", job.text())
    job.close()


shown = set()
in_all_sizes()
resized()
moving()
rows()
general()
mouse()
played()
live()
starts()
missing = shown - used
same(missing, set(), "every key of the help was tried")
done()
