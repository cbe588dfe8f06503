"""The hostile programs, and the machine that keeps them: what hostile_test.py and ./dev soak share."""

import os
import random
import subprocess
import sys

import bounds
import fat

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(os.path.dirname(here)))
PROGRAMS = ("keeper", "neighbour", "bombs", "forger", "forged", "edge")
MiB = 1 << 20


def build(folder, scale):
    """All programs and modules into the folder."""
    with open(f"{folder}/calls.inc", "w") as file:
        subprocess.run([sys.executable, f"{here}/forge.py", root], stdout=file, check=True)
    for program in PROGRAMS:
        flags = ["-Wl,--stack-first", '-DFORGED_CALLS="calls.inc"'] if program == "forged" else []
        flags += [f"-I{folder}", f"-I{root}", f"-I{root}/programs/include", "-o", f"{folder}/{program}.wasm"]
        subprocess.run(["clang-19", "--target=wasm32-wasi", "-O1", "-Wall", "-Werror", *flags, f"{here}/{program}.c"],
                       check=True)
    with open(f"{here}/dive.wat") as source, open(f"{folder}/dive.wasm", "w") as file:
        file.write(source.read())  # the kernel reads text as well
    with open(f"{folder}/bounds.wasm", "w") as file:
        file.write(bounds.build()[0])
    with open(f"{folder}/small.wasm", "wb") as file:
        file.write(fat.command(b""))
    for name, content, _ in fat.modules(scale):
        with open(f"{folder}/{name}.wasm", "wb") as file:
            file.write(content)


def plan(seed, scale, some):
    """The attacks, as keeper.c reads them. `some`: how many of the many that differ little."""
    choose = random.Random(seed)
    lines = []

    def attack(name, ending, program, *words, memory=0, milliseconds=0):
        words = [str(word) for word in words]
        assert not any(";" in word for word in (name, ending, *words))
        lines.append(";".join([name, ending, str(memory), str(milliseconds), f"/work/{program}.wasm", program, *words]))

    def bomb(what, *words, ending="exit 0", name=None, **limits):
        attack(name or what, ending, "bombs", what, *words, **limits)

    for name, _, ending in fat.modules(scale):
        attack(name, ending, name, memory=32 * MiB)
    cases = bounds.build()[1]
    for words, ending in choose.sample(cases, min(some, len(cases))):
        attack("bounds " + " ".join(words), ending, "bounds", *words)
    step = 40 if some < 1000 else 5
    attack("forged calls", "exit 0", "forger", choose.randrange(step), step)
    attack("the stack's edge", "exit 0", "edge", 7 if some < 1000 else 2)
    bomb("grow", memory=16 * MiB, name="grow to a limit")
    bomb("promise", memory=16 * MiB, name="promise to a limit")
    bomb("renumber", 2000 * scale)
    for what in ("unasked", "polls", "escapes", "modules", "pipe-flood", "folders"):
        bomb(what)
    for what in ("spin", "wait", "flood", "timers"):
        bomb(what, ending="killed", milliseconds=100)
    bomb("chain", 100, ending="killed", milliseconds=500)
    bomb("fork", ending="killed", milliseconds=300, name="alone: fork")
    # Without limits: they take all there is.
    exhausted = "exit 0|trap out of memory|trap no memory for it"
    for what in ("grow", "promise", "pipes", "files", "words"):
        bomb(what, ending=exhausted, name="alone: " + what)
    return "\n".join(lines) + "\n"


def system(kernel, arch, folder, memory, harts, files="archive"):
    """Boots the machine with what build() made at /work; a program's file and words follow. /run can be written: in
    memory, for what fills it must not fill the host's."""
    return ["/usr/bin/python3", "-IB", f"{root}/tools/dev/os.py", kernel, "--arch", arch, "--memory", memory,
            "--harts", str(harts), "--files", files, "--dir-ro", f"{folder}/work::/work",
            "--dir", f"{folder}/run::/run"]


def command(kernel, arch, folder, seed, seconds, passes, memory, harts):
    """The same with the keeper, for whom plan() made a plan."""
    return [*system(kernel, arch, folder, memory, harts), f"{folder}/work/keeper.wasm", str(seed), str(seconds),
            str(passes)]
