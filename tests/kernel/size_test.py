"""size_test.py BUILD: what the kernel takes: its image in memory, and all that is in use after boot and after a hello.

In use is whatever of the machine's memory is not free, the firmware's share and the archive among it.
"""

import re
import struct
import sys

import boot
import machine

build = sys.argv[1]
MIB = 1 << 20
MEMORY = 128 * MIB
IMAGE_BUDGET, BOOT_BUDGET = 4 * MIB, 12 * MIB


def image_size(path):
    """From the first to the last byte of what is loaded."""
    with open(path, "rb") as file:
        elf = file.read()
    segments_at, count = struct.unpack_from("<Q", elf, 32)[0], struct.unpack_from("<H", elf, 56)[0]
    segments = [struct.unpack_from("<IIQQQQQQ", elf, segments_at + i * 56) for i in range(count)]
    loads = [(address, size) for kind, _, _, _, address, _, size, _ in segments if kind == 1]
    return max(address + size for address, size in loads) - min(address for address, _ in loads)


def free_memory():
    """After boot and at the end of a hello."""
    archive = boot.hello(b"stats=")
    box = machine.Machine(build + "/skerry.elf", boot.arch_of(build), archive=archive, memory=f"{MEMORY}B")
    text = bytearray()
    box.take_output = lambda _, data: text.extend(data)
    try:
        assert box.serve() == 0, box.console_text()
    finally:
        box.stop()
    return [int(size) * 1024 for size in re.findall(rb"free (\d+) KiB", text)]


image = image_size(build + "/skerry.elf")
after_boot, at_end = (MEMORY - free for free in free_memory())
print(f"image {image / MIB:.2f} MiB; in use after boot {after_boot / MIB:.2f} MiB, "
      f"after a hello {at_end / MIB:.2f} MiB")
assert image <= IMAGE_BUDGET
assert after_boot <= BOOT_BUDGET and at_end <= BOOT_BUDGET
