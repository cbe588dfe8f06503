"""soak.py KERNEL [SECONDS] [--arch ISA] [--harts N] [--memory SIZE] [--seed N]: what tools/dev/soak runs."""

import argparse
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hostile

parser = argparse.ArgumentParser(prog="soak")
parser.add_argument("kernel")
parser.add_argument("seconds", nargs="?", type=int, default=60)
parser.add_argument("--arch", default="x64")
parser.add_argument("--harts", type=int, default=1)
parser.add_argument("--memory", default="512M")
parser.add_argument("--seed", type=int, default=int(time.time()))
options = parser.parse_args()

with tempfile.TemporaryDirectory(prefix="skerry-soak-") as folder:
    for name in ("work", "run"):
        os.mkdir(f"{folder}/{name}")
    hostile.build(folder + "/work", 2)
    with open(folder + "/work/plan", "w") as file:
        file.write(hostile.plan(options.seed, 2, 2000))
    print(f"seed {options.seed}, {options.seconds} s, {options.arch}, {options.harts} harts, {options.memory}",
          flush=True)
    machine = hostile.command(options.kernel, options.arch, folder, options.seed, options.seconds, 1, options.memory,
                              options.harts)
    # The time of the passes before and after is not counted; a machine that hangs is.
    limit = ["timeout", "-k", "5", str(2 * options.seconds + 1800)]
    sys.exit(subprocess.run([*limit, *machine], stdin=subprocess.DEVNULL).returncode)
