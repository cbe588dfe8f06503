"""Boots a kernel under QEMU and serves its channel (kernel/channel.h) until it ends.

The channel is one end of a socket pair that QEMU inherits, behind a virtio serial port. The serial
console, which is the kernel's own voice, goes to memory and is shown when the machine fails.
"""

import fcntl
import json
import mmap
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

OUTPUT, ERROR, READ, WATCH, FILES, EXIT, TIME, INTERRUPTS = 1, 2, 3, 4, 5, 6, 7, 8  # to the host
INPUT, READY, CLOSED, INTERRUPT, TIME_NOW = 1, 2, 3, 4, 5  # from the host
HEADER = struct.Struct("<II")

EXIT_FAILURE, EXIT_INTERRUPTED = 70, 130
SAME_KEYPRESS = 0.5  # seconds
INTERRUPT_GRACE = 10.0  # seconds for an interrupted program to end by itself


# The boards of each ISA, the usual one first: what QEMU is called with for it.
BOARDS = {
    "x64": {
        "microvm": ["qemu-system-x86_64", "-M", "microvm,acpi=off,x-option-roms=off", "-cpu", "max",
                    "-device", "isa-debug-exit,iobase=0x501,iosize=2"],
        "q35": ["qemu-system-x86_64", "-M", "q35", "-cpu", "max",
                "-device", "isa-debug-exit,iobase=0x501,iosize=2"],
    },
    "riscv64": {
        "virt": ["qemu-system-riscv64", "-M", "virt", "-cpu", "rv64"],
    },
}


# Each hart by a thread of QEMU's own: what it does by itself, but for guests with another order of memory accesses.
MANY_HARTS = ["-accel", "tcg,thread=multi"]
VIRTIO_MMIO = ["-global", "virtio-mmio.force-legacy=false", "-device", "virtio-serial-device,max_ports=2"]
# What the channel's port is plugged into.
SERIAL = {"microvm": VIRTIO_MMIO, "virt": VIRTIO_MMIO, "q35": ["-device", "virtio-serial-pci,max_ports=2"]}


# What a folder of the host is plugged into, and how many the board has room for beside the channel.
FOLDERS = {"microvm": ("virtio-9p-device", 7), "virt": ("virtio-9p-device", 7), "q35": ("virtio-9p-pci", 7)}


def most_folders(arch, board):
    """How many folders of the host the machine can have: none where this QEMU was built without."""
    board = board or default_board(arch)
    device, most = FOLDERS[board]
    emulator = shutil.which(BOARDS[arch][board][0])
    if not emulator:
        return 0
    with open(emulator, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as text:
        return most if text.find(device.encode() + b"\0") >= 0 else 0


def default_board(arch):
    return next(iter(BOARDS[arch]))


class MachineFailure(Exception):
    """The machine ended without an exit code; the text says what it last said."""


class Interrupted(Exception):
    """The program was interrupted and did not end by itself. Raised by signal handlers."""


def is_open(fd):
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


class Machine:
    def __init__(self, kernel, arch="x64", archive=None, append="", memory="2G", board=None, harts=1, folders=(),
                 gdb=None, monitored=False):
        """`folders` are (tag, path, whether it may be written to) of what the machine gets of the host's files.
        `gdb` is a TCP port or the path of a socket, where the machine waits for a debugger before it begins.
        `monitored`: the emulator can be asked (ask), while the machine runs."""
        board = board or default_board(arch)
        self.files = bytearray()  # what the Files messages brought
        self.pending = bytearray()  # received, not yet a whole message
        self.interrupted_at = None
        self.goes_on_when_interrupted = False
        self.wanted = None  # bytes of standard input that the program waits for
        self.watching = False
        self.has_input = is_open(0)
        self.console = os.memfd_create("console")
        ours, theirs = socket.socketpair()
        self.channel = ours
        command = [
            "setpriv", "--pdeathsig", "KILL", *BOARDS[arch][board],
            "-m", memory, "-smp", str(harts), *(MANY_HARTS if harts > 1 else []),
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", kernel, "-append", append,
            "-chardev", f"file,id=console,path=/proc/self/fd/{self.console}", "-serial", "chardev:console",
            *SERIAL[board],
            "-chardev", f"socket,id=channel,fd={theirs.fileno()}", "-device", "virtserialport,chardev=channel,nr=1",
        ]
        for number, (tag, path, writable) in enumerate(folders):
            path = os.path.abspath(path).replace(",", ",,")
            command += ["-fsdev", f"local,id=fs{number},path={path},security_model=none,multidevs=remap"
                        + ("" if writable else ",readonly=on"),
                        "-device", f"{FOLDERS[board][0]},fsdev=fs{number},mount_tag={tag}"]
        if gdb is not None:
            where = f"path={gdb}" if "/" in gdb else f"host=127.0.0.1,port={gdb}"
            command += ["-S", "-chardev", f"socket,id=gdb,server=on,wait=off,{where}", "-gdb", "chardev:gdb"]
        fds = [self.console, theirs.fileno()]
        if monitored:
            self.monitor, emulators = socket.socketpair()
            command += ["-chardev", f"socket,id=monitor,fd={emulators.fileno()}", "-mon", "chardev=monitor,mode=control"]
            fds.append(emulators.fileno())
        if archive is not None:
            initrd = os.memfd_create("archive")
            with open(initrd, "wb", closefd=False) as file:
                file.write(archive)
            command += ["-initrd", f"/proc/self/fd/{initrd}"]
            fds.append(initrd)
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.console, pass_fds=fds, start_new_session=True)
        theirs.close()
        if monitored:
            emulators.close()
            self.replies = self.monitor.makefile("rb")
            self.replies.readline()  # the greeting
            self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        """What the emulator's monitor (QMP) answers."""
        self.monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            reply = json.loads(self.replies.readline())
            if "return" in reply:
                return reply["return"]
            if "error" in reply:
                raise MachineFailure(reply["error"]["desc"])

    def translated(self):
        """How many pieces of code the emulator has translated, and the bytes of the host's code that it made of them."""
        text = self.ask("human-monitor-command", **{"command-line": "info jit"})
        of = {line[:14].strip(): line[14:].split("/")[0] for line in text.splitlines()}
        return int(of["TB count"]), int(of["gen code size"])

    def console_text(self):
        size = os.fstat(self.console).st_size
        return os.pread(self.console, size, 0).decode(errors="replace").replace("\r\n", "\n")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def interrupt(self):
        """Asks the program to end. If it was asked a while before, or takes too long: Interrupted.
        One that sees to interrupts itself is just told."""
        if self.goes_on_when_interrupted:
            self.send(INTERRUPT)
        elif self.interrupted_at is None:
            self.interrupted_at = time.monotonic()
            signal.setitimer(signal.ITIMER_REAL, INTERRUPT_GRACE)
            self.send(INTERRUPT)
        elif time.monotonic() - self.interrupted_at > SAME_KEYPRESS:  # `timeout` sends a signal twice
            raise Interrupted

    def give_up(self):
        raise Interrupted

    def send(self, kind, data=b""):
        try:
            self.channel.sendall(HEADER.pack(kind, len(data)) + data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the machine has ended; serve() will see it

    def serve(self):
        """Serves the channel. Returns the exit code, or raises MachineFailure."""
        while True:
            wants_input = self.wanted is not None or self.watching
            ready, _, _ = select.select([self.channel] + ([0] if wants_input else []), [], [])
            if 0 in ready and self.wanted is not None:
                self.give_input()
            elif 0 in ready:
                self.watching = not self.tell_ready()
            if self.channel not in ready:
                continue
            try:
                data = self.channel.recv(1 << 20)
            except ConnectionResetError:
                data = b""
            if not data:
                self.process.wait()
                if self.interrupted_at is not None:
                    return EXIT_INTERRUPTED
                raise MachineFailure(self.console_text())
            self.pending += data
            code = self.take_messages()
            if code is not None:
                self.stop()
                return code

    def give_input(self):
        """Answers a read of standard input, which does not wait now."""
        try:
            data = os.read(0, self.wanted)
        except OSError:
            data = b""
        self.wanted = None
        self.send(INPUT, data)

    def tell_ready(self):
        """Tells whether reading standard input would wait: 0 it would, 1 it would not, 3 the writer has gone."""
        poll = select.poll()
        poll.register(0, select.POLLIN)
        events = poll.poll(0)  # POLLNVAL where it is closed
        state = 0 if not events else 3 if events[0][1] & select.POLLHUP else 1
        try:
            size = struct.unpack("i", fcntl.ioctl(0, termios.FIONREAD, b"\0" * 4))[0] if state else 0
        except OSError:
            size = 0
        self.send(READY, struct.pack("<II", state, max(size, 0)))
        return state != 0

    def take_output(self, kind, body):
        """What the program wrote: to the file of that number."""
        view = memoryview(body)
        while view:
            view = view[os.write(kind, view):]

    def take_messages(self):
        at = 0
        code = None
        while code is None and len(self.pending) - at >= HEADER.size:
            kind, size = HEADER.unpack_from(self.pending, at)
            if len(self.pending) - at - HEADER.size < size:
                break
            at += HEADER.size
            body = bytes(memoryview(self.pending)[at:at + size])
            at += size
            code = self.take_message(kind, body)
        del self.pending[:at]
        return code

    def take_message(self, kind, body):
        if kind == OUTPUT or kind == ERROR:
            try:
                self.take_output(kind, body)
            except OSError:
                self.send(CLOSED, struct.pack("<I", kind))
        elif kind == READ:
            self.wanted = struct.unpack("<I", body)[0]
            if not self.has_input:
                self.give_input()
        elif kind == WATCH:
            self.watching = not self.tell_ready()
        elif kind == TIME:
            self.send(TIME_NOW, struct.pack("<Q", time.time_ns()))
        elif kind == INTERRUPTS:
            self.goes_on_when_interrupted = struct.unpack("<I", body)[0] != 0
        elif kind == FILES:
            self.files += body
        elif kind == EXIT:
            return struct.unpack("<I", body)[0]
        return None


def run(machine):
    """Serves the machine with Ctrl-C passed on; its exit code, or a message and 70 if it fails."""
    signal.signal(signal.SIGINT, lambda *_: machine.interrupt())
    signal.signal(signal.SIGALRM, lambda *_: machine.give_up())
    signal.signal(signal.SIGTERM, lambda *_: (machine.stop(), os._exit(128 + signal.SIGTERM)))
    try:
        return machine.serve()
    except Interrupted:
        sys.stderr.write("skerry os: the program did not end by itself\n")
        return EXIT_INTERRUPTED
    except MachineFailure as failure:
        sys.stderr.write(f"skerry os: the machine failed\n{failure}\n")
        return EXIT_FAILURE
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        machine.stop()
