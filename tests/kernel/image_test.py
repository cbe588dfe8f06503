"""image_test.py BUILD: images with more than one program in them, and with machine code of theirs (./dev image)."""

import os
import re
import subprocess
import sys
import tempfile

import boot

build = sys.argv[1]
arch = boot.arch_of(build)
programs = os.path.join(boot.root, "build", "programs")
subprocess.run(["ninja", "-j2", "-f", "programs/build.ninja"], cwd=boot.root, check=True, stdout=subprocess.DEVNULL)
MACHINE = {
    "x64": ["qemu-system-x86_64", "-M", "microvm", "-cpu", "max"],
    "riscv64": ["qemu-system-riscv64", "-M", "virt"],
}[arch]
SOURCE = """#include <stdio.h>
int main(int n, char **words) { for (; *words; ++words) printf("%s;", *words); puts("end"); }
"""
folder = tempfile.mkdtemp(prefix="skerry-image-")
for name in ("one", "two"):
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O1", "-x", "c", "-", "-o", f"{folder}/{name}.wasm"],
                   input=SOURCE.encode(), check=True)


def make(*words, status=0):
    done = subprocess.run(["/usr/bin/python3", "-IB", f"{boot.root}/tools/dev/image.py", f"{build}/skerry.elf", "-o",
                           f"{folder}/image", *words], capture_output=True)
    assert done.returncode == status, done


def run(typed=b""):
    """What is on the screen of the image's machine, which switches itself off."""
    process = subprocess.Popen(["timeout", "-k", "5", "60", *MACHINE, "-m", "256M", "-nodefaults", "-display", "none",
                                "-serial", "stdio", "-kernel", f"{folder}/image"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    screen = b""
    while typed and not screen.endswith(b"$ "):  # what comes before that firmware may take
        byte = os.read(process.stdout.fileno(), 4096)
        assert byte, screen
        screen += byte
    screen += process.communicate(typed)[0]
    assert process.returncode in (0, 3), (process.returncode, screen)
    return screen.decode(errors="replace").replace("\r\n", "\n")


def test_programs_and_arguments():
    """One program runs, with what is behind "--" or is no program; several are the shell's, beside its own."""
    flags = ("--arch", arch)
    one, two = f"{folder}/one.wasm", f"{folder}/two.wasm"
    make(*flags, one)
    assert run().endswith("one.wasm;end\n")
    make(*flags, one, "x", two)
    assert run().endswith(f"one.wasm;x;{two};end\n")
    make(*flags, one, "--", two)
    assert run().endswith(f"one.wasm;{two};end\n")
    make(*flags, one, two, "--", "x", status=2)
    make(*flags, "--bin", programs, one, two)
    screen = run(b"one a; two b\necho $?\nls /bin | grep -c 'one\\|two\\|^cat'\nexit\n")
    for line in ("one;a;end", "two;b;end", "0", "3"):
        assert f"{line}\n" in screen, (line, screen)


def test_machine_code():
    """Programs that were compiled beforehand are not compiled again; but they are where the processor is another."""
    tool = os.path.join(boot.root, "build", "release", "skerry")
    if not os.path.exists(tool):
        print("without the command nothing is compiled beforehand")
        return
    one, two = f"{folder}/one.wasm", f"{folder}/two.wasm"
    lesser = {"x64": "x86-64-v2", "riscv64": "rv64gc"}[arch]
    for flags, words, typed, count in (
        (["--precompile", tool], [one], b"", 1),
        (["--precompile", tool, "--cpu", lesser], [one], b"", 0),
        (["--precompile", tool], ["--gear", "best", one], b"", 1),
        (["--precompile", tool], ["--fuel", "1000000", one], b"", 1),
        (["--precompile", tool], ["--bin", programs, one, two], b"two a\nwc /bin/sh.wasm\nexit\n", 3),
    ):
        make(*flags, "--arch", arch, "--stats", *words)
        screen = run(typed)
        assert ("two;a;end\n" if typed else "one.wasm;end\n") in screen, screen
        taken = re.search(r"precompiled (\d+) ", screen)
        assert taken and int(taken[1]) == count, (flags, words, screen)


boot.run_cases(globals())
