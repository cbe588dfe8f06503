"""channel_test.py BUILD: bytes, ends of files and exit codes cross between host and kernel exactly."""

import os
import signal
import subprocess
import sys
import time

import boot
import machine

build = sys.argv[1]

# Every byte value, sizes around those of buffers, and a megabyte.
every_byte = bytes(range(256))
for data in (b"", b"\n", every_byte, b"\0" * 9999, every_byte * 40, os.urandom(10_000), every_byte * 4096):
    done = boot.run(build, "echo", data)
    assert done.stdout == data, (len(data), len(done.stdout), done.stderr)
    assert done.stderr == str(len(data)).encode()
    assert done.returncode == 42

# On every board, whatever its channel is plugged into.
for board in machine.BOARDS[boot.arch_of(build)]:
    done = boot.run(build, "echo", every_byte * 4096, board)
    assert (done.returncode, done.stdout) == (42, every_byte * 4096), (board, done.stderr)

for code in (0, 1, 42, 127, 128, 255):
    done = boot.run(build, f"exit{code}")
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b""), done

# What arrives slowly is there at once, and the end of the file is not before its time.
process = subprocess.Popen(boot.command(build, "echo"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL)
for line in (b"one\n", b"two\n"):
    process.stdin.write(line)
    process.stdin.flush()
    assert process.stdout.readline() == line
process.stdin.close()
assert process.stdout.read() == b""
assert process.wait() == 42

# What is not read stays for others.
reader, writer = os.pipe()
os.write(writer, b"kept")
os.close(writer)
assert subprocess.run(boot.command(build, "exit0"), stdin=reader).returncode == 0
assert os.read(reader, 10) == b"kept"

# A reader that goes is noticed; a slow one loses nothing.
process = subprocess.Popen(boot.command(build, "flood"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
time.sleep(1)
for _ in range(3000):
    assert process.stdout.readline() == b"x" * 999 + b"\n"
process.stdout.close()
assert process.wait() == 3

# Ctrl-C while the program computes.
process = subprocess.Popen(boot.command(build, "spin"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
assert process.stdout.readline() == b"spinning\n"
process.send_signal(signal.SIGINT)
assert process.wait() == 130, process.returncode

# The host's end of the channel gone: no machine stays behind.
process = subprocess.Popen(boot.command(build, "spin")[4:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
assert process.stdout.readline() == b"spinning\n"
children = open(f"/proc/{process.pid}/task/{process.pid}/children").read().split()
assert len(children) == 1
process.kill()
process.wait()
for _ in range(100):
    if not os.path.exists(f"/proc/{children[0]}"):
        break
    state = open(f"/proc/{children[0]}/stat").read().rsplit(")", 1)[1].split()[0]
    if state == "Z":
        break
    time.sleep(0.05)
else:
    raise AssertionError("QEMU outlives its master")
