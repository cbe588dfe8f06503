"""server_test.py BUILD: a folder whose server stops to answer, or answers nonsense, is given up; the program goes on.

QEMU serves the folder by asking a process (its `proxy` driver), which is this one.
"""

import importlib.util
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import boot
import machine

build = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
arch = boot.arch_of(build)
device = machine.FOLDERS[machine.default_board(arch)][0]

# The command that boots a machine; the standard library has a module of that name.
spec = importlib.util.spec_from_file_location("os_command", os.path.join(boot.root, "tools", "dev", "os.py"))
os_command = importlib.util.module_from_spec(spec)
spec.loader.exec_module(os_command)

HEADER = struct.Struct("=ii")  # kind, bytes that follow
STAT = struct.Struct("=QQQIIIQQQQQQQQQQ")
SUCCESS, LSTAT = 0, 8
FOLDER, FILE = 0o040755, 0o100644


def answer(ours, stat_of):
    """Answers requests for attributes with what stat_of(path) gives, (mode, inode); lets all else wait for ever."""
    while True:
        head = ours.recv(HEADER.size, socket.MSG_WAITALL)
        if len(head) < HEADER.size:
            return
        kind, size = HEADER.unpack(head)
        path = ours.recv(size, socket.MSG_WAITALL)[2:]  # behind its length
        if kind == LSTAT:
            mode, inode = stat_of(path)
            ours.sendall(HEADER.pack(SUCCESS, STAT.size) + STAT.pack(1, inode, 1, mode, 0, 0, 0, 5, 512, 1, *[0] * 6))


def run(stat_of):
    """What the program writes, its exit code, what the kernel says, and the seconds, with such a server for /work."""
    ours, theirs = socket.socketpair()
    threading.Thread(target=answer, args=(ours, stat_of), daemon=True).start()
    records, trees, _, _ = os_command.parse(["--arch", arch, "--dir", f"{work}::/work", program], False)
    with open(program, "rb") as file:
        archive = os_command.boot_archive(records, trees, file.read())
    popen = subprocess.Popen

    def with_server(command, **options):
        fd = theirs.fileno()
        options["pass_fds"].append(fd)
        more = ["-fsdev", f"proxy,id=server,sock_fd={fd}", "-device", f"{device},fsdev=server,mount_tag=dir0"]
        return popen(command + more, **options)

    machine.subprocess.Popen = with_server
    box = machine.Machine(build + "/skerry.elf", arch, archive=archive, harts=int(boot.harts))
    machine.subprocess.Popen = popen
    stdout, stderr = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile() as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
        try:
            code = box.serve()
        finally:
            os.dup2(stdout, 1)
            os.dup2(stderr, 2)
            box.stop()
        out.seek(0)
        return out.read().decode(), code, box.console_text(), time.monotonic() - box.started


def test_a_server_that_does_not_answer():
    # Attributes are told; that the file is opened is not. After half a minute that is an error, then all at once.
    text, code, console, seconds = run(lambda path: (FILE, 7) if b"file" in path else (FOLDER, 2))
    assert (text, code) == ("stat: done\nopen: I/O error\nstat: I/O error\n", 9), (text, code, console)
    assert console.endswith("skerry: a folder's server does not answer, and is given up\n"), console
    assert 30 < seconds < 90, seconds


def test_a_server_that_makes_no_sense():
    # What it serves is a folder for QEMU, and none for us: the program does not begin.
    looks = iter([FOLDER])
    text, code, _, _ = run(lambda path: (next(looks, FILE), 2))
    assert (code, text) == (1, "skerry: /work: input or output error\n"), (text, code)
    # A file is another one at each look.
    inodes = iter(range(10, 10000))
    text, code, _, _ = run(lambda path: (FILE, next(inodes)) if b"file" in path else (FOLDER, 2))
    assert (text, code) == ("stat: I/O error\nopen: I/O error\nstat: I/O error\n", 9), (text, code)


work = tempfile.mkdtemp(prefix="skerry-server-")
program = f"{work}/served.wasm"
subprocess.run(["clang-19", "--target=wasm32-wasi", "-O1", f"{here}/programs/served.c", "-o", program], check=True)
try:
    boot.run_cases(globals())
finally:
    shutil.rmtree(work)
