"""latency_test.py BUILD: from QEMU's start to the first byte of output, against a kernel that is empty.

The empty kernel (image/empty.S) is QEMU's own floor. Ours may take 150 ms more (the budget of the
first byte of a compiled program); booting alone should stay far below, and is held to a third.
"""

import os
import select
import statistics
import sys
import time

import boot
import machine

build = sys.argv[1]
RUNS = 7
BUDGET_MS = 50


def first_byte_ms(kernel, append=""):
    """Until a byte is in the channel or on the serial console."""
    box = machine.Machine(build + "/" + kernel, append=append)
    try:
        while True:
            ready, _, _ = select.select([box.channel], [], [], 0.0005)
            if ready or os.fstat(box.console).st_size > 0:
                return (time.monotonic() - box.started) * 1000
            assert time.monotonic() - box.started < 60, box.console_text()
    finally:
        box.stop()


floor, ours = [], []
for _ in range(RUNS):  # in turn, so that a busy host is busy for both
    floor.append(first_byte_ms("skerry_empty.elf"))
    ours.append(first_byte_ms("skerry_parts.elf", "test=exit0"))
print(f"empty kernel {min(floor):.0f} ms (median {statistics.median(floor):.0f}), "
      f"ours {min(ours):.0f} ms (median {statistics.median(ours):.0f})")
assert min(ours) - min(floor) < BUDGET_MS
