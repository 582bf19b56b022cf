#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A kernel that takes its time holds up samples, not keys; leaving does not wait for it either."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Job, TCPTRIAGE, done, ok, private_netns, same, temporary  # noqa: E402

# Each answer of the kernel takes this long, s.
DELAY = 4

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>
ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
	ssize_t (*real)(int, struct msghdr *, int) =
		(ssize_t (*)(int, struct msghdr *, int))dlsym(RTLD_NEXT, "recvmsg");
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	if (!getsockname(fd, (struct sockaddr *)&a, &n) && a.ss_family == AF_NETLINK)
		sleep(%d);
	return real(fd, m, flags);
}
""" % DELAY

if os.environ.get("SAN"):
    print("1..0 # SKIP the sanitizers come before a preloaded library")
    sys.exit(0)
folder = temporary()
source, library = os.path.join(folder, "slow.c"), os.path.join(folder, "slow.so")
with open(source, "w", encoding="utf-8") as f:
    f.write(SHIM)
compiled = subprocess.run([os.environ.get("CC") or "cc", "-shared", "-fPIC", "-o", library, source,
                           "-ldl"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, timeout=60, check=False)
if compiled.returncode:
    print("1..0 # SKIP no compiler for a slow kernel")
    sys.exit(0)
NETNS = private_netns()


def timed(job, keys, what):
    """Seconds from a key to its effect."""
    start = time.monotonic()
    job.keys(keys)
    shown = job.wait(what)
    seconds = time.monotonic() - start
    ok(shown, f"{keys!r} shows {what!r}", job.text())
    return seconds


start = time.monotonic()
job = Job([*NETNS, "env", f"LD_PRELOAD={library}", TCPTRIAGE, "top", "-i", "0.1"], columns=120)
ok(job.wait("overview close-wait"), "the screen is there", job.text())
painted = time.monotonic() - start
ok(painted < DELAY, "before the first answer of the kernel", painted)
ok("the first sample" in job.text(), "it says that the first sample is on its way", job.text())
slowest = max(timed(job, "?", "General"), timed(job, "q", "reading"), timed(job, "s", "sockets"),
              timed(job, "f", "filter:"), timed(job, "state x", "^"), timed(job, "\033", "Help"))
ok(slowest < DELAY / 2, "keys are answered while it waits for the first sample", slowest)
ok(job.wait("LISTEN", 60), "the sample comes", job.text())
slowest = max(timed(job, "?", "General"), timed(job, "q", "Details"),
              timed(job, "f", "filter:"), timed(job, "\033", "Help"))
ok(slowest < DELAY / 2, "keys are answered while it waits for others", slowest)
start = time.monotonic()
job.keys("q")
same(job.ended(), "exit 0", "q leaves")
seconds = time.monotonic() - start
ok(seconds < DELAY, "without waiting for the kernel", seconds)
same(job.left_on(), set(), "and gives the terminal back")
done()
