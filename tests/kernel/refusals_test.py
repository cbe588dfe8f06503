"""refusals_test.py BUILD [full]: a machine of which one promise of memory is refused, from its boot to its end.

Each time another one, of all that there are; `full`, or SKERRY_FULL=1, takes each of them, else some that are spread over
them. Whichever it is: the machine ends by itself, either as it does otherwise, or with one sentence that says what there
was no memory for; and the host's file is the old one, or what the program came to write of the new one.
"""

import os
import re
import subprocess
import sys
import tempfile
import time

import boot

build = sys.argv[1]
full = "full" in sys.argv[2:] or os.environ.get("SKERRY_FULL") == "1"
SPREAD = 24  # boots of each kind
OLD, NEW = "old content", "".join(f"new line {i}\n" for i in range(1000))
PROGRAM = """
#include <stdio.h>
#include <string.h>
int main(void) {
  puts("hello");
  FILE *file = fopen("/own/file", "w");
  if (!file) return 3;
  for (int i = 0; i < 1000; ++i) if (fprintf(file, "new line %d\\n", i) < 0) return 4;
  return fclose(file) == 0 ? 0 : 4;
}
"""
KINDS = {"program": [], "system": ["--system"]}
# What is said where something was refused: by the kernel as a whole, of the program, or by the program of itself.
SENTENCES = re.compile(r"skerry os: the machine failed\n+skerry: the kernel stops: no memory[^\n]*\n+"
                       r"|skerry: [^\n]*(no memory|not enough memory|out of memory|too small)[^\n]*\n( [^\n]*\n)*")


def run(kind, refused):
    with open(folder + "/own/file", "w") as file:
        file.write(OLD)
    done = subprocess.run(
        ["timeout", "-k", "5", "60", "/usr/bin/python3", "-IB", f"{boot.root}/tools/dev/os.py", build + "/skerry.elf",
         "--arch", boot.arch_of(build), "--harts", boot.harts, "--memory", "128M", "--append", f"refuse={refused}",
         "--stats", "--files", "archive", "--dir", f"{folder}/own::/own", *KINDS[kind], folder + "/program.wasm"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True)
    with open(folder + "/own/file") as file:
        return done, file.read()


def look(kind, refused):
    """How the machine ended whose promise of that number was refused."""
    done, content = run(kind, refused)
    said = re.sub(r"skerry: read [^\n]*\n", "", done.stderr)  # the figures of --stats
    said = re.sub(r"OpenSBI.*(?=skerry: the kernel stops)", "", said, flags=re.DOTALL)  # of the firmware
    if done.returncode == 0:
        well = (done.stdout, said, content) == ("hello\n", "", NEW)
    elif done.returncode in (3, 4):  # the program was refused a file, or room in it
        well = (done.stdout, said) == ("hello\n", "")
    else:
        well = done.returncode in (1, 70, 134) and SENTENCES.fullmatch(said)
    if not well or not (content == OLD or NEW.startswith(content)):
        wrong.append((kind, refused, done.returncode, done.stdout, said, content[:100]))
        print("WRONG:", wrong[-1], flush=True)
    return done.returncode


wrong = []
with tempfile.TemporaryDirectory() as folder:
    os.mkdir(folder + "/own")
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O2", "-x", "c", "-", "-o", folder + "/program.wasm"],
                   input=PROGRAM.encode(), check=True)
    for kind in KINDS:
        began = time.monotonic()
        never = 1_000_000_000
        done, _ = run(kind, never)
        left = re.search(r"(\d+) before one is refused", done.stderr)
        assert done.returncode == 0 and left, done
        count = never - int(left[1])
        assert count > 100, count
        step = 1 if full else max(1, count // SPREAD)
        first = 1 if full else 1 + int(os.environ.get("SKERRY_FUZZ_SEED", "1")) % step
        endings = {}
        for refused in range(first, count + 1, step):
            code = look(kind, refused)
            endings[code] = endings.get(code, 0) + 1
        print(f"{kind}: {count} promises; exit codes {endings}: {time.monotonic() - began:.1f} s", flush=True)
        assert len(endings) > 1, endings
assert not wrong
