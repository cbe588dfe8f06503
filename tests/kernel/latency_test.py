"""latency_test.py BUILD: from QEMU's start to the first byte of output, against a kernel that is empty.

The empty kernel (image/empty_*.S) is QEMU's own floor; ours may take 150 ms more for hello world,
which it compiles first, and boot alone should take a tenth. What is held against the budget is the
time that QEMU had a processor, so that a busy host does not count; the wall's is printed as well.
"""

import os
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import boot
import machine
import os_archive

build = sys.argv[1]
RUNS = 7
BOOT_BUDGET_MS, HELLO_BUDGET_MS = 30, 150
HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); }\n'


def first_byte(kernel, **options):
    """Wall and processor time until a byte is in the channel, or the empty kernel's on the serial console."""
    box = machine.Machine(build + "/" + kernel, boot.arch_of(build), **options)
    while not select.select([box.channel], [], [], 0.0005)[0] and b"\1" not in os.pread(box.console, 1 << 16, 0):
        if time.monotonic() - box.started > 60:
            box.stop()
            raise AssertionError(box.console_text())
    wall = time.monotonic() - box.started
    os.kill(box.process.pid, signal.SIGKILL)  # Popen.kill would reap one that has ended, and its usage with it
    _, status, usage = os.wait4(box.process.pid, 0)
    box.process.returncode = status
    return wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000


with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O2", "-x", "c", "-", "-o", folder + "/hello.wasm"],
                   input=HELLO.encode(), check=True)
    with open(folder + "/hello.wasm", "rb") as file:
        hello = file.read()
manifest = [b"file=hello", b"arg=hello", b"stream=0", b"stream=0", b"stream=0"]
archive = b"".join(os_archive.pack_program(manifest, hello) + [os_archive.pack_end()])

kinds = {
    "empty kernel": lambda: first_byte("skerry_empty.elf"),
    "boot": lambda: first_byte("skerry_parts.elf", append="test=exit0"),
    "hello world": lambda: first_byte("skerry.elf", archive=archive),
}
times = {kind: [] for kind in kinds}
for _ in range(RUNS):  # in turn, so that a busy host is busy for all
    for kind, measure in kinds.items():
        times[kind].append(measure())
best = {}
for kind, pairs in times.items():
    walls, processors = zip(*pairs)
    best[kind] = min(processors)
    print(f"{kind}: {min(walls):.0f} ms (median {statistics.median(walls):.0f}), processor {min(processors):.0f} ms")
assert best["boot"] - best["empty kernel"] < BOOT_BUDGET_MS
assert best["hello world"] - best["empty kernel"] < HELLO_BUDGET_MS
