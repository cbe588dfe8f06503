"""boot.py: what the tests here share. run(BUILD, TEST, INPUT) boots image/parts.cpp's kernel as tools/dev/os would."""

import os
import subprocess
import sys
import tempfile
import time

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(root, "tools", "dev"))

import os_archive

HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); THEN }\n'

# Of the test that runs: how many harts its machines have ("--harts=N" behind BUILD), and the cases that are named.
harts = next((word.removeprefix("--harts=") for word in sys.argv[2:] if word.startswith("--harts=")), "1")
named = [word for word in sys.argv[2:] if not word.startswith("--")]

WITH_OPTIONS = """
import sys
sys.path.insert(0, {tools!r})
import machine
for boards in machine.BOARDS.values():
    for command in boards.values():
        command += {options!r}
"""
BOOT = WITH_OPTIONS + """
sys.exit(machine.run(machine.Machine({kernel!r}, {arch!r}, append={append!r}, board={board!r}, harts={harts!r})))
"""

OS = WITH_OPTIONS + """
import importlib.util
spec = importlib.util.spec_from_file_location("skerry_os", {tools!r} + "/os.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.main()
"""
tools = os.path.join(root, "tools", "dev")

# The clock advances by a nanosecond with each instruction, or by four: what is measured by it is the same however busy the
# host is. Where all wait it advances with the host's: else (sleep=off) it would leap to the next timer of the board,
# centuries ahead, if the host is slow to take a message.
COUNTED = ("-icount", "shift=0")
COUNTED_BY_FOUR = ("-icount", "shift=2")


def run_cases(module):
    """Calls each test_* of a module's names in their order, or those that are named, and says how long each took."""
    for name, test in list(module.items()):
        if name.startswith("test_") and (not named or name in named):
            began = time.monotonic()
            test()
            print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)


def arch_of(build):
    """The ISA that a build's kernel is for: the build's folder ends in it."""
    return os.path.basename(os.path.normpath(build)).removeprefix("bare-")


def hello(*records, then=""):
    """An archive with hello world in C, which goes on with the statement, and more records for its manifest."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["clang-19", "--target=wasm32-wasi", "-O2", "-DTHEN=" + then, "-x", "c", "-", "-o",
                        folder + "/hello.wasm"],
                       input=HELLO.encode(), check=True)
        with open(folder + "/hello.wasm", "rb") as file:
            program = file.read()
    manifest = [b"file=hello", b"arg=hello", b"stream=0", b"stream=0", b"stream=0", *records]
    return b"".join(os_archive.pack_program(manifest, program) + [os_archive.pack_end()])


def command(build, test, board=None, harts=1, options=()):
    """The command that boots the test; its streams and exit code are the machine's. The options are QEMU's."""
    source = BOOT.format(tools=tools, kernel=build + "/skerry_parts.elf",
                         arch=arch_of(build), append="test=" + test, board=board, harts=harts,
                         options=options)
    return ["timeout", "-k", "5", "60", "/usr/bin/python3", "-c", source]


def run(build, test, data=b"", board=None, harts=1, options=()):
    return subprocess.run(command(build, test, board, harts, options), input=data, capture_output=True)


def os_command(build, *words, options=(), seconds=240):
    """The command that is `./dev os` with these words, and QEMU's options."""
    return ["timeout", "-k", "5", str(seconds), "/usr/bin/python3", "-B", "-c", OS.format(tools=tools, options=options),
            build + "/skerry.elf", "--arch", arch_of(build), *words]
