"""hostile_test.py BUILD [--harts=N]: programs that try to get out and to bring the machine down, beside neighbours who
must not notice (hostile/keeper.c). A part of them each time, by SKERRY_FUZZ_SEED; ./dev soak has all of
them, for longer."""

import os
import signal
import subprocess
import sys
import tempfile
import time

import boot

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "hostile"))
import hostile

build = sys.argv[1]
seed = int(os.environ.get("SKERRY_FUZZ_SEED", "1"))
with tempfile.TemporaryDirectory() as folder:
    for name in ("work", "run", "own"):
        os.mkdir(f"{folder}/{name}")
    hostile.build(folder + "/work", 1)
    with open(folder + "/work/plan", "w") as file:
        file.write(hostile.plan(seed, 1, 60))
    machine = hostile.command(build + "/skerry.elf", boot.arch_of(build), folder, seed, 0, 2, "256M", boot.harts)
    done = subprocess.run(["timeout", "-k", "5", "280", *machine], stdin=subprocess.DEVNULL, capture_output=True)
    print(done.stdout.decode(), done.stderr.decode())
    assert done.returncode == 0 and done.stderr == b"", (seed, done.returncode)

    # Ctrl-C in the middle of floods and bombs: the first process ends, and all that it started.
    for what in (["flood"], ["timers"], ["chain", "50"], ["fork"]):
        machine = [*hostile.system(build + "/skerry.elf", boot.arch_of(build), folder, "256M", boot.harts),
                   "--dir", f"{folder}/own::/own", f"{folder}/work/bombs.wasm", *what]
        process = subprocess.Popen(machine, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if what == ["flood"]:
            process.stdout.read(100_000)  # and no more: the machine has to wait
        else:
            time.sleep(2)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
        # Of the bomb's processes some found no memory to begin with.
        told = {line for line in error.splitlines() if what != ["fork"] or b": no memory is left" not in line}
        assert process.returncode == -signal.SIGINT and not told, (what, process.returncode, told)
        print(what, f"ended {time.monotonic() - began:.1f} s after Ctrl-C")

    # Out of a folder of the host, which has all that was there before, and nothing new but within.
    before = {name: sorted(os.listdir(f"{folder}/{name}")) for name in ("", "work", "run")}
    machine = [*hostile.system(build + "/skerry.elf", boot.arch_of(build), folder, "256M", boot.harts, "9p"),
               "--dir", f"{folder}/own::/own", f"{folder}/work/bombs.wasm", "escapes"]
    done = subprocess.run(["timeout", "-k", "5", "60", *machine], stdin=subprocess.DEVNULL, capture_output=True)
    assert done.returncode == 0, done
    assert before == {name: sorted(os.listdir(f"{folder}/{name}")) for name in ("", "work", "run")}
    print("a folder of the host: nothing escapes")
