#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# timeout: 300
"""However the live view ends, the terminal is as it was."""
import os
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import (Job, TCPTRIAGE, done, ok, private_netns, same, skip,  # noqa: E402
                      temporary)

NETNS = private_netns()


def top(*args, **how):
    return Job([*NETNS, TCPTRIAGE, "top", *args], **how)


def started(job):
    return ok(job.wait("overview close-wait") and job.wait("LISTEN"), "it starts", job.text(),
              job.raw[-300:])


def leaves():
    """Keys and signals that end it."""
    for name, how, expected in (
            ("q", "q", "exit 0"),
            ("F10", "\033[21~", "exit 0"),
            ("Ctrl-C", "\003", "exit 0"),
            ("Ctrl-\\", "\034", "exit 0"),
            ("INT", signal.SIGINT, "exit 0"),
            ("TERM", signal.SIGTERM, "exit 0"),
            ("HUP", signal.SIGHUP, "exit 0"),
            ("QUIT", signal.SIGQUIT, "exit 0"),
            ("SEGV", signal.SIGSEGV, f"signal {int(signal.SIGSEGV)}"),
            ("ABRT", signal.SIGABRT, f"signal {int(signal.SIGABRT)}"),
            ("BUS", signal.SIGBUS, f"signal {int(signal.SIGBUS)}")):
        job = top()
        started(job)
        same(job.left_on(), {"settings", "alternate screen", "hidden cursor", "mouse"},
             f"{name}: it has the terminal")
        if isinstance(how, str):
            job.keys(how)
        else:
            job.kill(how)
        same(job.ended(), expected, f"{name}: ends with {expected}")
        same(job.left_on(), set(), f"{name}: gives the terminal back")
        job.close()


def pages():
    """A page is closed by q; Esc never leaves."""
    job = top()
    started(job)
    job.keys("?")
    ok(job.wait("more..."), "the help opens", job.text())
    job.keys("q")
    ok(job.gone("more..."), "q closes it")
    for _ in range(3):
        job.keys("\033")
        job.settle()
    job.keys("c")
    ok(job.wait("no socket is in CLOSE_WAIT"), "Esc does not leave", job.text())
    job.keys("q")
    same(job.ended(), "exit 0", "q leaves")
    job.close()


def suspended():
    """Suspended and resumed, as by a shell."""
    for name, stop in (("Ctrl-Z", "\032"), ("TSTP", signal.SIGTSTP)):
        job = top()
        started(job)
        if isinstance(stop, str):
            job.keys(stop)
        else:
            job.kill(stop)
        same(job.event(), f"stopped {int(signal.SIGTSTP)}", f"{name}: stops")
        job.settle()
        same(job.left_on(), set(), f"{name}: gives the terminal back")
        job.order("take")
        job.screen.reset()
        job.resize(100, 30)
        job.order("front")
        same(job.event(), "continued", f"{name}: goes on")
        ok(job.wait("overview close-wait") and job.wait("LISTEN"),
           f"{name}: draws everything again, in the size of now", job.text())
        same(job.left_on(), {"settings", "alternate screen", "hidden cursor", "mouse"},
             f"{name}: has the terminal again")
        job.keys("l")
        job.keys("q")
        same(job.ended(), "exit 0", f"{name}: can be left afterwards")
        same(job.left_on(), set(), f"{name}: gives the terminal back at the end")
        job.close()


def background():
    """Continued in the background it keeps its hands off the terminal until it is in front."""
    job = top()
    started(job)
    job.keys("\032")
    same(job.event(), f"stopped {int(signal.SIGTSTP)}", "background: stops")
    job.order("take")
    job.settle()
    size = len(job.raw)
    job.order("back")
    same(job.event(), "continued", "background: goes on")
    same(job.event(2), None, "background: is not stopped for touching the terminal")
    same(len(job.raw), size, "background: writes nothing")
    job.screen.reset()
    job.order("front")
    ok(job.wait("overview close-wait"), "background: draws when it is in front again", job.text())
    job.keys("q")
    same(job.ended(), "exit 0", "background: can be left")
    same(job.left_on(), set(), "background: gives the terminal back")
    job.close()

    job = top()
    started(job)
    job.keys("\032")
    same(job.event(), f"stopped {int(signal.SIGTSTP)}", "ended in the background: stops")
    job.order("take")
    job.order("back")
    same(job.event(), "continued", "ended in the background: goes on there")
    job.settle()
    size = len(job.raw)
    job.kill(signal.SIGTERM)
    same(job.ended(), "exit 0", "ended in the background: ends")
    same(len(job.raw), size, "ended in the background: writes nothing")
    job.close()


def stopped():
    """Stopped by SIGSTOP, which it cannot see."""
    job = top()
    started(job)
    job.kill(signal.SIGSTOP)
    same(job.event(), f"stopped {int(signal.SIGSTOP)}", "STOP: stops")
    job.settle()
    job.screen.reset()
    job.kill(signal.SIGCONT)
    ok(job.wait("overview close-wait"), "STOP: draws everything again after CONT", job.text())
    job.keys("q")
    same(job.ended(), "exit 0", "STOP: can be left")
    same(job.left_on(), set(), "STOP: gives the terminal back")
    job.close()


def hung_up():
    """The terminal goes away."""
    for ignore in (False, True):
        job = top(ignore_hup=ignore)
        started(job)
        job.hang_up()
        event = job.ended()
        ok(event is not None, f"hang-up{', SIGHUP ignored' if ignore else ''}: it ends", event)
        job.close()


def stuck():
    """A terminal that takes no more bytes cannot keep it alive."""
    job = top("-i", "0.1")
    started(job)
    # Nobody reads any more, and every one of these draws the whole screen.
    os.set_blocking(job.master, False)
    for _ in range(200):
        try:
            job.keys("\014")
        except BlockingIOError:
            break
        signal.sigtimedwait([], 0.02)
    master, job.master = job.master, None
    job.kill(signal.SIGTERM)
    event = job.ended()
    ok(event is not None, "a stuck terminal: TERM ends it", event)
    job.master = master
    job.close()


def impossible():
    """Where it cannot draw it says so, on one line, and touches nothing."""
    for name, value, word in (("dumb", "dumb", "dumb"), ("unset", None, "TERM"),
                              ("empty", "", "TERM"),
                              ("unknown", "no-such-terminal", "no-such-terminal"),
                              ("a path", "../../x", "../../x"),
                              ("hostile", "x\033]0;y\007", "\\x1b")):
        job = top(env={"TERM": value}, columns=200)
        same(job.ended(), "exit 3", f"TERM {name}: exit status 3")
        lines = [line for line in job.text().splitlines() if line]
        ok(len(lines) == 1 and word in lines[0] and "top -b" in lines[0],
           f"TERM {name}: says on one line why and what else to use", job.text())
        ok(b"\033" not in job.raw, f"TERM {name}: writes no escape sequence", job.raw)
        same(job.left_on(), set(), f"TERM {name}: leaves the terminal alone")
        job.close()
    master, slave = os.openpty()
    for name, how in (("input", {"stdin": subprocess.DEVNULL, "stdout": slave}),
                      ("output", {"stdin": slave, "stdout": subprocess.DEVNULL})):
        got = subprocess.run([*NETNS, TCPTRIAGE, "top"], stderr=subprocess.PIPE, timeout=30,
                             check=False, env={**os.environ, "TERM": "xterm"}, **how)
        same(got.returncode, 3, f"no terminal on standard {name}: exit status 3")
        ok(got.stderr.count(b"\n") == 1 and f"standard {name}".encode() in got.stderr and
           b"top -b" in got.stderr, f"no terminal on standard {name}: one line on stderr",
           got.stderr)
    os.set_blocking(master, False)
    try:
        written = os.read(master, 100)
    except BlockingIOError:
        written = b""
    same(written, b"", "no terminal: nothing is written")


def types():
    """Terminals of many types, with and without UTF-8."""
    for name in ("xterm-256color", "xterm", "linux", "vt100", "screen", "tmux-256color", "ansi"):
        if not any(os.path.exists(f"{base}/{name[0]}/{name}")
                   for base in ("/lib/terminfo", "/usr/share/terminfo", "/etc/terminfo")):
            skip(f"TERM={name}", "not described here")
            continue
        for locale in ("C", "C.UTF-8"):
            env = {"TERM": name, "LC_ALL": locale}
            if name == "linux" and "ASAN_OPTIONS" in os.environ:
                # ncurses loads libgpm there and unloads it with what it had allocated.
                env["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"] + ":detect_leaks=0"
            job = top(env=env)
            ok(job.wait("LISTEN"), f"{name}, {locale}: draws", job.text())
            job.keys("c")
            ok(job.wait("no socket is in CLOSE_WAIT"), f"{name}, {locale}: takes keys", job.text())
            if locale == "C":
                ok(all(byte < 0x80 for byte in job.raw), f"{name}, C: nothing but ASCII")
            job.keys("q")
            same(job.ended(), "exit 0", f"{name}, {locale}: can be left")
            same(job.left_on(), set(), f"{name}, {locale}: gives the terminal back")
            job.close()


def colours():
    """None where they are not wanted."""
    for name, args, env in (("NO_COLOR", (), {"NO_COLOR": "1"}), ("--color=never", ("--color=never",), {}),
                            ("vt100", (), {"TERM": "vt100"})):
        job = top(*args, env=env)
        started(job)
        job.keys("c?")
        job.wait("General")
        ok(not re.search(rb"\033\[(\d+;)*[34][0-7](;\d+)*m", job.raw), f"{name}: no colours", job.raw[:400])
        ok(re.search(rb"\033\[(\d+;)*7m", job.raw), f"{name}: but emphasis")
        job.keys("qq")
        same(job.ended(), "exit 0", f"{name}: leaves")
        job.close()
    job = top(env={"NO_COLOR": ""})
    started(job)
    ok(re.search(rb"\033\[(\d+;)*[34][0-7](;\d+)*m", job.raw), "NO_COLOR empty: colours")
    job.close()


def no_memory():
    """Memory that runs out gives the terminal back."""
    if not shutil.which("prlimit") or os.environ.get("SAN"):
        skip("out of memory", "needs prlimit(1) and no sanitizer")
        return
    job = top("-i", "0.1")
    started(job)
    subprocess.run(["prlimit", f"--pid={job.pid}", "--as=1"], check=True, timeout=10)
    # Whatever needs more memory next, on whichever thread.
    for _ in range(100):
        if job.events:
            break
        job.keys("sf" + "x" * 400 + "\033/" + "y" * 400 + "\033\014?Gq")
        job.settle()
        job.resize(300, 100)
        job.resize(200, 60)
    same(job.ended(), "exit 3", "out of memory: exit status 3")
    ok(b"out of memory" in job.raw, "out of memory: says so")
    same(job.left_on(), set(), "out of memory: gives the terminal back")
    job.close()


def more_privilege():
    """With more privilege than the caller, the caller's descriptions of terminals are not read."""
    if os.geteuid() or not all(map(shutil.which, ("setcap", "tic", "setpriv"))) or os.environ.get("SAN"):
        skip("file capabilities", "needs root, setcap, tic and setpriv")
        return
    folder = temporary()
    os.chmod(folder, 0o755)
    description = os.path.join(folder, "mine.ti")
    with open(description, "w", encoding="ascii") as f:
        f.write("mine|a caller's own,\n\tam, cols#80, lines#24, cup=\\E[%i%p1%d;%p2%dH, clear=\\E[2J,\n")
    subprocess.run(["tic", "-o", os.path.join(folder, "terminfo"), description], check=True, timeout=20,
                   stderr=subprocess.DEVNULL)
    for name in ("plain", "capable"):
        shutil.copy(TCPTRIAGE, os.path.join(folder, name))
    if subprocess.run(["setcap", "cap_net_admin+ep", os.path.join(folder, "capable")], check=False,
                      timeout=20, stderr=subprocess.DEVNULL).returncode:
        skip("file capabilities", "cannot be set here")
        return
    env = {"TERM": "mine", "TERMINFO": os.path.join(folder, "terminfo")}
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for name, expected in (("plain", True), ("capable", False)):
        job = Job([*NETNS, *nobody, os.path.join(folder, name), "top"], env=env, columns=120)
        if expected:
            ok(job.wait("overview close-wait"), f"{name}: the caller's description is used", job.text())
        else:
            same(job.ended(), "exit 3", f"{name}: the caller's description is not used")
            ok("unknown terminal type 'mine'" in job.text(), f"{name}: and that is said", job.text())
        job.close()
    # Nor the caller's settings: a row that only this view has.
    os.makedirs(os.path.join(folder, "tcptriage"))
    with open(os.path.join(folder, "tcptriage", "top"), "w", encoding="ascii") as f:
        f.write("view=close-wait\n")
    for name, expected in (("plain", "no socket is in CLOSE_WAIT"), ("capable", "FIN_WAIT2")):
        job = Job([*NETNS, *nobody, os.path.join(folder, name), "top"],
                  env={"TERM": "xterm", "XDG_CONFIG_HOME": folder}, columns=120)
        ok(job.wait(expected), f"{name}: the caller's settings are {'' if name == 'plain' else 'not '}used", job.text())
        job.keys("q")
        same(job.ended(), "exit 0", f"{name}: leaves")
        job.close()


leaves()
pages()
suspended()
background()
stopped()
hung_up()
stuck()
impossible()
types()
colours()
no_memory()
more_privilege()
done()
