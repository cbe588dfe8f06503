"""console_test.py BUILD: an image with a program in it (./dev image), which talks over the serial console alone."""

import os
import subprocess
import sys
import tempfile
import threading
import time

import boot

build = sys.argv[1]
arch = boot.arch_of(build)
here = os.path.dirname(os.path.abspath(__file__))
MACHINES = {
    "x64": [["qemu-system-x86_64", "-M", "microvm", "-cpu", "max"], ["qemu-system-x86_64", "-M", "q35", "-cpu", "max"]],
    # With each of the interrupt controllers that the board can have: PLIC, APLIC, APLIC and IMSIC.
    "riscv64": [["qemu-system-riscv64", "-M", "virt" + controller] for controller in ("", ",aia=aplic", ",aia=aplic-imsic")],
}
# What is typed, a pause after each; and what of the screen must be there, in this order. \x7f takes back a character,
# \x17 a word, \x15 the line; \x1b[A brings the line before; \x04 ends the file.
TYPED = [b"ab\xc3\xa9\x7fd\r", b"hello world\x17you\r", b"lost\x15\x1b[A\x1b[A!\r", b"\x04"]
SEEN = [b"ready", b"got ABD", b"got HELLO YOU", b"got ABD!", b"end"]


def image_of(folder, program, *flags):
    wasm, image = f"{folder}/{program}.wasm", f"{folder}/{program}.img"
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O1", f"-I{boot.root}/programs/include",
                    f"{here}/programs/{program}.c", f"{boot.root}/programs/process.c", "-o", wasm], check=True)
    subprocess.run(["/usr/bin/python3", "-IB", f"{boot.root}/tools/dev/image.py", f"{build}/skerry.elf", "-o", image,
                    "--arch", arch, *flags, wasm], check=True, capture_output=True)
    return image


def start(machine, image):
    return subprocess.Popen(["timeout", "-k", "5", "90", *machine, "-m", "128M", "-nodefaults", "-display", "none",
                             "-serial", "stdio", "-kernel", image], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def type_in(process, text):
    process.stdin.write(text)
    process.stdin.flush()


def read_until(process, screen, text):
    """Reads the screen until the text is on it."""
    deadline = time.monotonic() + 60
    while text not in screen:
        byte = os.read(process.stdout.fileno(), 4096)
        assert byte and time.monotonic() < deadline, bytes(screen)
        screen += byte


with tempfile.TemporaryDirectory() as folder:
    image = image_of(folder, "typed")
    assert os.path.getsize(image) <= 4_000_000, os.path.getsize(image)
    for machine in MACHINES[arch]:
        process = start(machine, image)
        screen = bytearray()
        for text, seen in zip([b""] + TYPED, SEEN):
            type_in(process, text)
            read_until(process, screen, seen)
        process.stdin.close()
        # The machine is off: the emulator ends by itself.
        assert process.wait(timeout=60) in (0, 3), process.returncode
        print(*machine[:3], "ok")

    # The console is flooded from both sides: who does not use it goes on, and afterwards it is as before.
    for machine in MACHINES[arch]:
        process = start(machine, image_of(folder, "floods", "--bin", folder))
        screen = bytearray()
        read_until(process, screen, b"xxxx")
        flood = threading.Thread(target=type_in, args=(process, b"none of this is read " * 2000), daemon=True)
        flood.start()
        read_until(process, screen, b"answers: 100")
        flood.join()
        type_in(process, b"\x15hello\r\x04")
        read_until(process, screen, b"heard")
        process.stdin.close()
        assert process.wait(timeout=60) in (0, 3), process.returncode
        print(*machine[:3], f"flooded with {screen.count(b'x')} bytes")
