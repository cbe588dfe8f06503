"""many_test.py BUILD [--harts=N] [full]: many processes at once and one after another, no page of memory lost
(programs/many.c).

As a test with numbers that take seconds; `full`, or SKERRY_FULL=1, with those that docs/testing.md has.
"""

import os
import subprocess
import sys
import tempfile
import time

import boot

build = sys.argv[1]
full = "full" in sys.argv[2:] or os.environ.get("SKERRY_FULL") == "1"
here = os.path.dirname(os.path.abspath(__file__))
# What, how many, in which memory. The tenth part of 2 GB has room for the tenth part of 10,000: once what a process is
# promised had come to be a page more than there was for each, which only the ten thousand saw.
RUNS = [("alive", 1000, "205M"), ("row", 1000, "256M")]
if full:
    RUNS = [("alive", 1000, "512M"), ("alive", 10_000, "2G"), ("row", 100_000, "256M")]

with tempfile.TemporaryDirectory() as folder:
    program = folder + "/many.wasm"
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O1", f"-I{boot.root}", f"-I{boot.root}/programs/include",
                    f"{here}/programs/many.c", "-o", program], check=True)
    for what, count, memory in RUNS:
        began = time.monotonic()
        done = subprocess.run(
            ["timeout", "-k", "5", "3600" if full else "120", "/usr/bin/python3", "-IB", f"{boot.root}/tools/dev/os.py",
             build + "/skerry.elf", "--arch", boot.arch_of(build), "--harts", boot.harts, "--memory", memory,
             "--files", "archive", "--dir-ro", f"{folder}::/work", program, what, str(count)],
            stdin=subprocess.DEVNULL, capture_output=True)
        print(done.stdout.decode().strip(), f"in {memory}: {time.monotonic() - began:.1f} s", flush=True)
        assert (done.returncode, done.stdout) == (0, f"{what} {count}: 0 pages lost\n".encode()), done
