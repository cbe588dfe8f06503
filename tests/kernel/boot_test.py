"""boot_test.py BUILD: the kernel boots on each board without a channel, and ends the machine itself."""

import subprocess
import sys

import boot
import machine

arch = boot.arch_of(sys.argv[1])
kernel = sys.argv[1] + "/skerry_parts.elf"
for board in machine.BOARDS[arch]:
    for code in (0, 7):
        command = ["timeout", "-k", "5", "60", *machine.BOARDS[arch][board], "-m", "256M",
                   "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio",
                   "-kernel", kernel, "-append", f"test=exit{code}"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
        if arch == "x64":
            assert (done.returncode, done.stdout) == (code * 2 + 1, b""), (board, done)
        else:  # whose firmware greets
            assert done.returncode == code and b"skerry" not in done.stdout, (board, done)
