"""latency_test.py BUILD: from QEMU's start to the first byte of output, against a kernel that is empty.

The empty kernel (image/empty_*.S) is QEMU's own floor; hello world, which is compiled first, may take so much more.
What is held against the budget is the time that QEMU had a processor, so that a busy host does not count; the wall's
is printed as well. Most of it goes into code that runs for the first time, which the emulator translates: so the number
of blocks that it has translated, which does not depend on the host at all, is held against a budget of its own, and so
are the bytes of the host's code that it made of them, which tell how long the blocks are. What is counted waits or spins
after its first byte.
"""

import os
import select
import signal
import statistics
import sys
import time

import boot
import machine

build = sys.argv[1]
arch = boot.arch_of(build)
RUNS = 7
BOOT_BUDGET_MS, HELLO_BUDGET_MS = 30, 100  # where others use the host's caches, too
BOOT_BUDGET_BLOCKS = 1500
HELLO_BUDGET_BLOCKS = {"x64": 8200, "riscv64": 8800}[arch]
HELLO_BUDGET_CODE = {"x64": 5120, "riscv64": 4920}[arch] * 1024


def until_first_byte(box):
    while not select.select([box.channel], [], [], 0.0005)[0] and b"\1" not in os.pread(box.console, 1 << 16, 0):
        if time.monotonic() - box.started > 60:
            raise AssertionError(box.console_text())


def first_byte(kernel, **options):
    """Wall and processor time until a byte is in the channel, or the empty kernel's on the serial console."""
    box = machine.Machine(build + "/" + kernel, arch, memory="128M", **options)
    until_first_byte(box)
    wall = time.monotonic() - box.started
    os.kill(box.process.pid, signal.SIGKILL)  # Popen.kill would reap one that has ended, and its usage with it
    _, status, usage = os.wait4(box.process.pid, 0)
    box.process.returncode = status
    return wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000


def translated(kernel, **options):
    """What the emulator has translated when the byte is there and the count stands still: blocks, bytes of code."""
    box = machine.Machine(build + "/" + kernel, arch, memory="128M", monitored=True, **options)
    try:
        until_first_byte(box)
        before, now = None, box.translated()
        while now != before:
            time.sleep(0.1)
            before, now = now, box.translated()
        return now
    finally:
        box.stop()


SPIN = "for (;;);"
kinds = {  # what is timed, and what else is counted
    "empty kernel": ("skerry_empty.elf", {}, {}),
    "boot": ("skerry_parts.elf", {"append": "test=exit0"}, {"append": "test=echo"}),
    "hello world": ("skerry.elf", {"archive": boot.hello()}, {"archive": boot.hello(then=SPIN)}),
}
times = {kind: [] for kind in kinds}
for _ in range(RUNS):  # in turn, so that a busy host is busy for all
    for kind, (kernel, options, _) in kinds.items():
        times[kind].append(first_byte(kernel, **options))
best, count, code = {}, {}, {}
for kind, (kernel, options, counted) in kinds.items():
    walls, processors = zip(*times[kind])
    best[kind] = min(processors)
    count[kind], code[kind] = translated(kernel, **(options | counted))
    print(f"{kind}: {min(walls):.0f} ms (median {statistics.median(walls):.0f}), processor {min(processors):.0f} ms, "
          f"{count[kind]} blocks, {code[kind] / 1024:.0f} KiB")
assert count["boot"] - count["empty kernel"] < BOOT_BUDGET_BLOCKS
assert count["hello world"] - count["empty kernel"] < HELLO_BUDGET_BLOCKS
assert code["hello world"] - code["empty kernel"] < HELLO_BUDGET_CODE
assert best["boot"] - best["empty kernel"] < BOOT_BUDGET_MS
assert best["hello world"] - best["empty kernel"] < HELLO_BUDGET_MS
