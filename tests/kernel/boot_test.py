"""boot_test.py BUILD: the kernel boots on both boards without a channel, and ends the machine itself."""

import subprocess
import sys

kernel = sys.argv[1] + "/skerry_parts.elf"
for board in ("microvm", "q35"):
    for code in (0, 7):
        command = ["timeout", "-k", "5", "60", "qemu-system-x86_64", "-M", board, "-cpu", "max", "-m", "256M",
                   "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio",
                   "-device", "isa-debug-exit,iobase=0x501,iosize=2", "-kernel", kernel, "-append", f"test=exit{code}"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode == code * 2 + 1, (board, done)
        assert done.stdout == b"", (board, done)
