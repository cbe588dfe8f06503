"""costs_test.py BUILD: what a system call, a byte through a pipe and a process cost, in instructions and in pages.

The programs are those of bench/kernel, which measure by the clock. Under QEMU's -icount what they print are counts of
instructions. The bounds are some 10 % above what was counted when they were set (docs/performance.md).
"""

import os
import re
import subprocess
import sys
import tempfile

import boot

build = sys.argv[1]
arch = boot.arch_of(build)
BOUNDS = {
    "x64": {"call": 85, "pipe": 1150, "process": 25_000, "memory": 35_500},
    "riscv64": {"call": 145, "pipe": 1630, "process": 33_500, "memory": 35_500},
}[arch]

with tempfile.TemporaryDirectory() as folder:
    os.mkdir(folder + "/programs")
    for name, file in ("measure", folder + "/measure.wasm"), ("child", folder + "/programs/child.wasm"):
        subprocess.run(["clang-19", "--target=wasm32-wasi", "-O2", f"-I{boot.root}",
                        f"{boot.root}/bench/kernel/skerry/{name}.c", "-o", file], check=True)
    done = subprocess.run(boot.os_command(build, "--bin", folder + "/programs", folder + "/measure.wasm",
                                          options=boot.COUNTED),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
assert done.returncode == 0, done
counts = {name: int(count) for name, count in re.findall(r"^(process|call|pipe|memory) (\d+)$", done.stdout, re.M)}
print(counts)
assert counts.keys() == BOUNDS.keys(), done.stdout
for name, bound in BOUNDS.items():
    assert 0 < counts[name] <= bound, (name, counts[name], bound)
