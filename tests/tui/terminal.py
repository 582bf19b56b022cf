# SPDX-License-Identifier: MIT
"""A terminal for tests: a program in a pty of a given size, run as a shell runs a job, its output in
a terminal emulator. Waits are for conditions, never for a time; nothing waits for ever."""
import atexit
import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

try:
    import pyte
except ImportError:
    print("1..0 # SKIP needs python3-pyte")
    sys.exit(0)

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TCPTRIAGE = os.environ.get("TCPTRIAGE") or os.path.join(TOP, "tcptriage")
LAB = os.environ.get("LAB") or os.path.join(TOP, "build/plain/tests/lab/lab")
LIMIT = 20.0

# --- TAP ---

_count = 0
_failed = 0


def ok(good, name, *notes):
    global _count, _failed
    _count += 1
    print(f"{'ok' if good else 'not ok'} {_count} - {name}", flush=True)
    if not good:
        _failed += 1
        for note in notes:
            for line in str(note).splitlines():
                print(f"# {line}", file=sys.stderr, flush=True)
    return good


def same(got, expected, name):
    return ok(got == expected, name, f"got:      {got!r}", f"expected: {expected!r}")


def skip(name, why):
    global _count
    _count += 1
    print(f"ok {_count} - {name} # SKIP {why}", flush=True)


def done():
    print(f"1..{_count}", flush=True)
    sys.exit(1 if _failed else 0)


# --- the terminal ---

# Modes by the sequences that set and reset them.
MODES = {
    "alternate screen": ((b"\033[?1049h", b"\033[?47h"), (b"\033[?1049l", b"\033[?47l")),
    "hidden cursor": ((b"\033[?25l",), (b"\033[?25h",)),
    "mouse": ((b"\033[?1000h", b"\033[?1006;1000h"), (b"\033[?1000l", b"\033[?1006;1000l")),
}


def set_size(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Screen(pyte.Screen):
    """pyte takes private sequences that it does not know for others."""

    def select_graphic_rendition(self, *attrs, private=False):
        if not private:
            super().select_graphic_rendition(*attrs)

    def report_device_status(self, *args, **kwargs):
        pass

    def draw(self, data):
        super().draw(data)
        self.last = data[-1:]

    # What xterm has and pyte has not: REP, SU, SD.

    def repeat(self, count=1):
        self.draw(self.last * (count or 1))

    def scroll_up(self, count=1):
        self._scroll(count or 1, self.index, -1)

    def scroll_down(self, count=1):
        self._scroll(count or 1, self.reverse_index, 0)

    def _scroll(self, count, move, edge):
        x, y = self.cursor.x, self.cursor.y
        margins = self.margins or pyte.screens.Margins(0, self.lines - 1)
        self.cursor.y = margins[edge]
        for _ in range(count):
            move()
        self.cursor.x, self.cursor.y = x, y


class Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "b": "repeat", "S": "scroll_up", "T": "scroll_down"}


class Job:
    """A program that runs as a shell's foreground job. A process between us and it leads the session,
    so that stopping works as it does under a shell; it takes orders and reports through pipes."""

    def __init__(self, argv, columns=80, rows=24, env=None, ignore_hup=False):
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.raw = b""
        self.events = []
        self._report = b""
        self.master, slave = pty.openpty()
        set_size(slave, columns, rows)
        self.before = termios.tcgetattr(slave)
        self.report, report_w = os.pipe()
        orders_r, self.orders = os.pipe()
        self.shell = os.fork()
        if self.shell == 0:
            try:
                os.close(self.master)
                os.close(self.orders)
                self._lead(slave, orders_r, report_w, argv, self._environment(env), ignore_hup)
            finally:
                os._exit(99)
        os.close(slave)
        os.close(report_w)
        os.close(orders_r)
        self.pid = None
        atexit.register(self.close)
        self._until(lambda: self.events, LIMIT)
        self.pid = int(self.events.pop(0).split()[1])

    @staticmethod
    def _environment(changes):
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color",
                       "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        for name, value in (changes or {}).items():
            if value is None:
                environment.pop(name, None)
            else:
                environment[name] = value
        return environment

    @staticmethod
    def _run(slave, argv, env, ignore_hup):
        os.setpgid(0, 0)
        os.tcsetpgrp(slave, os.getpid())
        for number in (signal.SIGTTOU, signal.SIGTTIN, signal.SIGTSTP, signal.SIGINT,
                       signal.SIGQUIT, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        if not ignore_hup:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        os.closerange(3, 100)
        os.execvpe(argv[0], argv, env)

    def _lead(self, slave, orders, report, argv, env, ignore_hup):
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for number in (signal.SIGTTOU, signal.SIGTTIN, signal.SIGTSTP, signal.SIGHUP, signal.SIGINT,
                       signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        child = os.fork()
        if child == 0:
            try:
                self._run(slave, argv, env, ignore_hup)
            finally:
                os._exit(98)
        try:
            os.setpgid(child, child)
        except OSError:
            pass
        os.write(report, f"pid {child}\n".encode())
        while self._obey(slave, orders, child):
            pid, status = os.waitpid(child, os.WUNTRACED | os.WCONTINUED | os.WNOHANG)
            if pid == 0:
                continue
            if os.WIFSTOPPED(status):
                text = f"stopped {os.WSTOPSIG(status)}"
            elif os.WIFCONTINUED(status):
                text = "continued"
            elif os.WIFSIGNALED(status):
                text = f"signal {os.WTERMSIG(status)}"
            else:
                text = f"exit {os.WEXITSTATUS(status)}"
            os.write(report, (text + "\n").encode())
            if not os.WIFSTOPPED(status) and not os.WIFCONTINUED(status):
                break
        while os.read(orders, 1):
            pass
        os._exit(0)

    @staticmethod
    def _obey(slave, orders, child):
        """One order: front and back continue the job there, take takes the terminal."""
        ready, _, _ = select.select([orders], [], [], 0.02)
        if not ready:
            return True
        order = os.read(orders, 1)
        if order in (b"f", b"b"):
            os.tcsetpgrp(slave, child if order == b"f" else os.getpid())
            os.kill(child, signal.SIGCONT)
        elif order == b"t":
            os.tcsetpgrp(slave, os.getpid())
        return bool(order)

    def _read_screen(self):
        try:
            data = os.read(self.master, 65536)
        except OSError as e:
            if e.errno not in (errno.EIO, errno.EAGAIN):
                raise
            data = b""
        if data:
            self.raw += data
            self.stream.feed(data)
        else:
            time.sleep(0.01)

    def _read_report(self):
        data = os.read(self.report, 4096)
        if not data:
            os.close(self.report)
            self.report = None
        self._report += data
        while b"\n" in self._report:
            line, self._report = self._report.split(b"\n", 1)
            self.events.append(line.decode())

    def _pump(self, seconds):
        fds = [fd for fd in (self.master, self.report) if fd is not None]
        ready, _, _ = select.select(fds, [], [], seconds)
        if self.master is not None and self.master in ready:
            self._read_screen()
        if self.report is not None and self.report in ready:
            self._read_report()

    def _until(self, condition, limit):
        end = time.monotonic() + limit
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                return False
            self._pump(min(left, 0.2))
        return True

    # What tests use.

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def soon(self, what, limit=LIMIT):
        """Until WHAT (a text, or a function of the screen's text) is on the screen."""
        test = what if callable(what) else lambda text: what in text
        return self._until(lambda: test(self.text()), limit)

    def wait(self, what, limit=LIMIT):
        """The same, and the rest of the frame that it came with: a pty hands a frame over in
        pieces."""
        end = time.monotonic() + limit
        while self.soon(what, end - time.monotonic()):
            self.settle(0.03, end)
            if self.soon(what, 0):
                return True
        return False

    def gone(self, what, limit=LIMIT):
        return self.wait(lambda text: what not in text, limit)

    def keys(self, text):
        os.write(self.master, text.encode() if isinstance(text, str) else text)

    def kill(self, number):
        os.kill(self.pid, number)

    def resize(self, columns, rows):
        self.screen.resize(rows, columns)
        set_size(self.master, columns, rows)

    def event(self, limit=LIMIT):
        """The next of: "exit N", "signal N", "stopped N", "continued"; None where none comes."""
        self._until(lambda: self.events, limit)
        return self.events.pop(0) if self.events else None

    def ended(self, limit=LIMIT):
        """How it ended; passes over its being stopped and continued."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            event = self.event(end - time.monotonic())
            if event and event.split()[0] in ("exit", "signal"):
                self.settle()
                return event
        return None

    def settle(self, quiet=0.1, end=None):
        """Everything that was written has been read: QUIET seconds without more, or until END."""
        size = -1
        while self.master is not None and size != len(self.raw) \
                and (end is None or time.monotonic() < end):
            size = len(self.raw)
            self._pump(quiet)

    def order(self, what):
        """"front", "back": continue there; "take": the shell takes the terminal."""
        os.write(self.orders, what[0].encode())

    def hang_up(self):
        """The terminal goes away, as when ssh drops."""
        os.close(self.master)
        self.master = None

    def left_on(self):
        """What is not as it was: the names of MODES, and "settings"."""
        on = set()
        for name, (sets, resets) in MODES.items():
            if max(self.raw.rfind(s) for s in sets) > max(self.raw.rfind(s) for s in resets):
                on.add(name)
        if termios.tcgetattr(self.master) != self.before:
            on.add("settings")
        return on

    def close(self):
        if self.shell is None:
            return
        alive = self.pid and not any(e.split()[0] in ("exit", "signal") for e in self.events)
        if alive and self._is_child(self.pid):
            os.kill(self.pid, signal.SIGKILL)
        for fd in (self.orders, self.master, self.report):
            if fd is not None:
                os.close(fd)
        os.waitpid(self.shell, 0)
        self.shell = None

    def _is_child(self, pid):
        """Still the process that the shell made, not another one with its number."""
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
                return int(f.read().rsplit(")", 1)[1].split()[1]) == self.shell
        except OSError:
            return False


# --- hosts of the test's own ---

_holders = []


def _end_holders():
    for holder in _holders:
        holder.kill()
        holder.wait()


def hold(words):
    """Runs a program until the test ends; its standard output."""
    holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
    if not _holders:
        atexit.register(_end_holders)
    _holders.append(holder)
    return holder


def private_netns():
    """Words that run a command in a network namespace of the test's own, with lo up; [] where there
    can be none."""
    holder = hold(["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec sleep 900"])
    if holder.stdout.readline() != b"up\n":
        return []
    return ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]


def temporary():
    """A folder that is gone at the end."""
    folder = tempfile.TemporaryDirectory(prefix="tcptriage-tui.")
    atexit.register(folder.cleanup)
    return folder.name


def lab(netns, *words):
    """Sockets in NETNS, as tests/lab makes them, until the test ends."""
    holder = hold([*netns, LAB, *words])
    for line in holder.stdout:
        if b'"ready":true' in line:
            return holder
    print("Bail out! the laboratory could not make: " + " ".join(words))
    sys.exit(255)


# Some of everything, held by a process with a hostile name.
SOCKETS = ("--comm", "e\033]0;x\007\u202e\u6f22", "close-wait-leaked", "--count", "30", "--quiet",
           "+", "close-wait-unread", "--count", "5", "--quiet",
           "+", "listen", "--port", "7001", "--backlog", "5", "--queued", "3", "--quiet",
           "+", "time-wait", "--count", "40", "--quiet",
           "+", "established", "--count", "20", "--quiet",
           "+", "syn-sent", "--count", "6", "--quiet")


def record(samples):
    """A recording of SOCKETS: its file. Skips the test where there can be none."""
    netns = private_netns()
    if not netns or os.geteuid() != 0:
        print("1..0 # SKIP needs a network namespace")
        sys.exit(0)
    lab(netns, *SOCKETS)
    file = os.path.join(temporary(), "recording")
    subprocess.run([*netns, TCPTRIAGE, "record", file, "-i", "0.3", "-c", str(samples)], check=True,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   timeout=60)
    return file


def answer(*words, columns=None):
    """What tcptriage prints on standard output."""
    env = {**os.environ, "TERM": "dumb", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    env.pop("COLUMNS", None)
    if columns:
        env["COLUMNS"] = str(columns)
    return subprocess.run([TCPTRIAGE, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=60, check=False,
                          env=env).stdout.decode()
