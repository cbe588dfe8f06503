"""costs_test.py BUILD: what a system call, a byte through a pipe and a process cost, in instructions and in pages.

The programs are those of bench/kernel, which measure by the clock. Under QEMU's -icount it advances by a nanosecond with
each instruction, so that what they print are counts: the same in each run, however busy the host is. Where all wait it
advances with the host's: else (sleep=off) it would leap to the next timer of the board, centuries ahead, if the host is
slow to take a message. The bounds are some 10 % above what was counted when they were set (docs/performance.md).
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

RUN = """
import importlib.util, sys
sys.path.insert(0, {tools!r})
import machine
for boards in machine.BOARDS.values():
    for command in boards.values():
        command += ["-icount", "shift=0"]
spec = importlib.util.spec_from_file_location("skerry_os", {tools!r} + "/os.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.main()
"""

tools = os.path.join(boot.root, "tools", "dev")
with tempfile.TemporaryDirectory() as folder:
    os.mkdir(folder + "/programs")
    for name, file in ("measure", folder + "/measure.wasm"), ("child", folder + "/programs/child.wasm"):
        subprocess.run(["clang-19", "--target=wasm32-wasi", "-O2", f"-I{boot.root}",
                        f"{boot.root}/bench/kernel/skerry/{name}.c", "-o", file], check=True)
    done = subprocess.run(["timeout", "-k", "5", "240", "/usr/bin/python3", "-B", "-c", RUN.format(tools=tools),
                           build + "/skerry.elf", "--arch", arch, "--bin", folder + "/programs", folder + "/measure.wasm"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
assert done.returncode == 0, done
counts = {name: int(count) for name, count in re.findall(r"^(process|call|pipe|memory) (\d+)$", done.stdout, re.M)}
print(counts)
assert counts.keys() == BOUNDS.keys(), done.stdout
for name, bound in BOUNDS.items():
    assert 0 < counts[name] <= bound, (name, counts[name], bound)
