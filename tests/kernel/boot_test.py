"""boot_test.py KERNEL: the kernel boots on both boards, says so, and ends the machine itself."""

import subprocess
import sys

kernel = sys.argv[1]
for board in ("microvm", "q35"):
    command = ["timeout", "-k", "5", "60", "qemu-system-x86_64", "-M", board, "-cpu", "max", "-m", "256M",
               "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio",
               "-device", "isa-debug-exit,iobase=0x501,iosize=2", "-kernel", kernel]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    assert b"skerry: hello\r\n" in done.stdout, (board, done)
    assert done.returncode == 1, (board, done)
