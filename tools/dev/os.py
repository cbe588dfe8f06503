"""os.py KERNEL [FLAGS] [PROG.wasm ARGS...]: packs the boot archive, runs the machine, unpacks what changed.
os.py --which [FLAGS] [PROG.wasm ARGS...]: prints the ISA whose kernel is wanted, and `program` or `shell`.

The flags are those of `skerry run` that the kernel takes, and for the machine itself:
  --verbose         show what the kernel says on its serial console
  --arch ISA        x64 (otherwise) or riscv64: which machine
  --board BOARD     of QEMU's: microvm (otherwise) or q35 for x64, virt for riscv64
  --harts N         processors of the machine (1)
  --memory SIZE     of the machine, as QEMU takes it (2G)
  --eager           compile modules whole before they begin, on all harts, not each function at its first call
  --gdb             the machine waits for a debugger on TCP port 1234, or --gdb=PORT or --gdb=SOCKET (docs/debugging.md)
  --append TEXT     the kernel's command line; sv39: RISC-V with fewer bits of address than the machine has
  --files HOW       9p (otherwise): a --dir is the host's own folder, as the program writes it; archive: it is copied,
                    and what changed is written back at the end, as is done where QEMU has no 9p
  --system          the program gets / as a shell does: in memory, with /dev, /proc, /tmp, and each --dir in its place
  --bin FOLDER      --system, and the folder's .wasm files in /bin; without a program, sh.wasm runs

What crosses at boot, and how it comes back, is in kernel/fs/archive.h and kernel/program.cpp.
"""

import os
import signal
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import machine
from os_archive import UNCHANGED, pack_end, pack_entry, pack_program, unpack

EXIT_FAILURE, EXIT_USAGE, EXIT_UNWRITTEN = 1, 2, 74
GDB_PORT = "1234"
MOST_HARTS = 64  # as the kernel

# Flags that the kernel reads by the same name, with a value and without; and those of `skerry run`
# that say nothing here: there is no cache, all processors compile, and the functions of modules
# that are not small are compiled at their first call, unless "eager" says otherwise.
PASSED_ON = ("unknown-imports", "features", "fuel", "gear", "warm-up")
SWITCHES_PASSED_ON = ("allow-precompiled", "eager", "stats")
WITHOUT_EFFECT, SWITCHES_WITHOUT_EFFECT = ("jobs",), ("no-cache", "lazy")


class Usage(Exception):
    pass


def fail(text, code):
    sys.stderr.write(f"skerry os: {text}\n")
    sys.exit(code)


# -------------------------------------------------------------------------- Preopened directories

class Tree:
    """A folder of the host that the program gets, and what of it was packed."""

    def __init__(self, host, guest, writable):
        self.prefix = b""  # of its entries in the archive, once it has its place among the trees
        self.host = host
        self.guest = guest
        self.writable = writable
        self.record = "dir" if writable else "dir-ro"
        self.is_chosen = False
        self.packed = {}  # path -> whether it is a directory
        self.served = False  # by QEMU, while the program runs; else it is packed

    def pack(self):
        """Yields the folder's entries, a directory before what is in it."""
        pending = [] if self.served else [b""]
        while pending:
            folder = pending.pop()
            with os.scandir(os.path.join(os.fsencode(self.host), folder)) as found:
                for entry in sorted(found, key=lambda e: e.name):
                    path = folder + entry.name
                    info = entry.stat(follow_symlinks=False)
                    content = b""
                    try:
                        if stat.S_ISDIR(info.st_mode):
                            pending.append(path + b"/")
                        elif stat.S_ISREG(info.st_mode):
                            with open(entry.path, "rb") as file:
                                content = file.read()
                        elif stat.S_ISLNK(info.st_mode):
                            content = os.readlink(entry.path)
                        else:
                            continue
                    except OSError as error:
                        sys.stderr.write(f"skerry os: left out: {error}\n")
                        continue
                    self.packed[path] = stat.S_ISDIR(info.st_mode)
                    yield pack_entry(info.st_mode & 0o170777, self.prefix + path, content, info.st_mtime_ns)

    def apply(self, entries):
        """Makes the host's folder as the program left it. Follows no link within it."""
        left = {path for _, path, _, _ in entries}
        root = os.open(self.host, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for path in sorted(self.packed.keys() - left, key=lambda p: -p.count(b"/")):
                self.remove(root, path)
            for mode, path, content, mtime_ns in entries:
                if mode != UNCHANGED:
                    self.write(root, mode, path, content, mtime_ns)
        finally:
            os.close(root)

    def open_parent(self, root, path):
        names = path.split(b"/")
        if any(name in (b"", b".", b"..") for name in names):
            raise ValueError(f"a path that cannot be: {path!r}")
        folder = os.dup(root)
        for name in names[:-1]:
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        return folder, names[-1]

    def remove(self, root, path):
        try:
            folder, name = self.open_parent(root, path)
        except FileNotFoundError:
            return
        try:
            if self.packed[path]:
                os.rmdir(name, dir_fd=folder)
            else:
                os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            pass
        finally:
            os.close(folder)

    def write(self, root, mode, path, content, mtime_ns):
        folder, name = self.open_parent(root, path)
        try:
            try:
                there = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            except FileNotFoundError:
                there = None
            if there is not None and (stat.S_IFMT(there) != stat.S_IFMT(mode) or stat.S_ISLNK(mode)):
                if stat.S_ISDIR(there):
                    os.rmdir(name, dir_fd=folder)
                else:
                    os.unlink(name, dir_fd=folder)
                there = None
            if stat.S_ISDIR(mode):
                if there is None:
                    os.mkdir(name, dir_fd=folder)
            elif stat.S_ISLNK(mode):
                os.symlink(bytes(content), name, dir_fd=folder)
            else:
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
                file = os.open(name, flags, 0o666, dir_fd=folder)
                with open(file, "wb") as out:
                    out.write(content)
                os.utime(name, ns=(mtime_ns, mtime_ns), dir_fd=folder, follow_symlinks=False)
        finally:
            os.close(folder)


class Programs(Tree):
    """The .wasm files of a folder, at /bin, and others, which come before those of the same name."""

    def __init__(self, host, others=()):
        super().__init__(host, "/bin", writable=False)
        self.is_chosen = True  # not all of the folder is to be seen
        names = (name for name in os.listdir(host) if name.endswith(".wasm"))
        self.files = {name: os.path.join(host, name) for name in names}
        self.files.update((os.path.basename(path), path) for path in others)

    def pack(self):
        for name, path in sorted(self.files.items()):
            with open(path, "rb") as file:
                content = file.read()
                yield pack_entry(stat.S_IFREG | 0o755, self.prefix + os.fsencode(name), content,
                                 os.fstat(file.fileno()).st_mtime_ns)


# -------------------------------------------------------------------------------- Command line

def file_type(fd):
    """WASI's number for the kind of file that a descriptor is; 0 where it is closed."""
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return 0
    kinds = {stat.S_IFBLK: 1, stat.S_IFCHR: 2, stat.S_IFDIR: 3, stat.S_IFREG: 4, stat.S_IFSOCK: 6}
    return kinds.get(stat.S_IFMT(mode), 0)


def seconds_in(text):
    try:
        return float(text[:-1] if text.endswith("s") else text)
    except ValueError:
        raise Usage(f"--timeout wants a number of seconds, not {text!r}") from None


def bytes_in(text):
    scale = {"K": 10, "M": 20, "G": 30, "T": 40}.get(text[-1:], 0)
    digits = text[:-1] if scale else text
    if not digits.isdigit():
        raise Usage(f"--max-memory wants a count of bytes, not {text!r}")
    return int(digits) << scale


def serve(trees, arch, board):
    """Lets QEMU give as many folders as it can."""
    folders = [tree for tree in trees if not tree.is_chosen]
    for tree in folders[:machine.most_folders(arch, board) if folders else 0]:
        tree.served = True
        tree.record = tree.record.replace("dir", "dir-9p")


def parse(arguments, is_asked_which, files="9p", takes_many=False):
    """The manifest's records, the trees, the program's file and the machine's options. Where it takes many programs, they
    are the first words that end in .wasm, up to one that is "--"; several are at /bin."""
    records, trees = [], []
    options = {"arch": "x64", "harts": 1, "memory": "2G", "append": "", "board": None, "verbose": False, "bin": None,
               "system": False, "files": files, "gdb": None}
    argv0 = None
    at = 0
    while at < len(arguments) and arguments[at].startswith("-") and arguments[at] != "-":
        flag, has_value, value = arguments[at].partition("=")
        at += 1
        if flag == "--":
            break
        name = flag[2:]
        if flag in ("--verbose", "--system"):
            options[name] = True
            continue
        if flag == "--gdb":
            options["gdb"] = value if has_value else GDB_PORT
            records.append("lines=")
            if "/" not in options["gdb"] and not options["gdb"].isdigit():
                raise Usage(f"--gdb wants a port or the path of a socket, not {value!r}")
            continue
        if name in SWITCHES_PASSED_ON:
            records.append(f"{name}=")
            continue
        if name in SWITCHES_WITHOUT_EFFECT:
            continue
        if not has_value:
            if at == len(arguments):
                raise Usage(f"{flag} wants a value")
            value = arguments[at]
            at += 1
        if flag in ("--dir", "--dir-ro"):
            host, _, guest = value.partition("::")
            if not os.path.isdir(host):
                raise Usage(f"{flag}: no such folder: {host}")
            trees.append(Tree(host, guest or host, flag == "--dir"))
        elif flag == "--env":
            if "=" in value:
                records.append("env=" + value)
            elif value in os.environ:
                records.append(f"env={value}={os.environ[value]}")
        elif flag == "--argv0":
            argv0 = value
        elif flag == "--timeout":
            records.append(f"timeout_ns={int(seconds_in(value) * 1e9)}")
        elif flag == "--arch":
            if value not in machine.BOARDS:
                raise Usage(f"--arch is one of {', '.join(machine.BOARDS)}, not {value!r}")
            options["arch"] = value
        elif flag == "--bin":
            options["bin"] = value
        elif flag == "--harts":
            if not value.isdigit() or not 1 <= int(value) <= MOST_HARTS:
                raise Usage(f"--harts wants a number from 1 to {MOST_HARTS}, not {value!r}")
            options["harts"] = int(value)
        elif flag == "--files":
            if value not in ("9p", "archive"):
                raise Usage(f"--files is 9p or archive, not {value!r}")
            options["files"] = value
        elif flag in ("--board", "--memory", "--append"):
            options[name] = value
        elif flag == "--max-memory":
            records.append(f"max-memory={bytes_in(value)}")
        elif name in PASSED_ON:
            records.append(f"{name}={value}")
        elif name not in WITHOUT_EFFECT:
            raise Usage(f"no flag {flag}")
    boards = machine.BOARDS[options["arch"]]
    if options["board"] not in (None, *boards):
        raise Usage(f"--board is one of {', '.join(boards)}, not {options['board']!r}")
    words, others = arguments[at:], []
    if takes_many:
        count = next((i for i, word in enumerate(words) if not word.endswith(".wasm")), len(words))
        rest = words[count:]
        words = words[:count] + rest[rest[:1] == ["--"]:]
        if count > 1:
            if rest:
                raise Usage("several programs take no arguments: the shell starts them")
            words, others = [], words
    if not words:
        program = None
        if options["bin"] is None and not is_asked_which:
            raise Usage("no program; usage: ./dev os [FLAGS] PROG.wasm ARGS...")
    else:
        program = words[0]
    if options["bin"] is not None:
        trees.insert(0, Programs(options["bin"], others))
    if options["system"] or options["bin"] is not None:
        records.append("system=")
    if options["files"] == "9p" and not is_asked_which:
        serve(trees, options["arch"], options["board"])
    for number, tree in enumerate(trees):
        tree.prefix = b"dirs/%d/" % number
        records.append(f"{tree.record}={tree.guest}")
    file = program or os.path.join(options["bin"] or "", "sh.wasm")
    records.append("file=" + file)
    records.append("arg=" + (argv0 if argv0 is not None else os.path.basename(program or "sh")))
    records += ["arg=" + argument for argument in words[1:]]
    records += [f"stream={file_type(fd)}" for fd in (0, 1, 2)]
    options["what"] = "program" if program else "shell"
    return records, trees, file, options


def boot_archive(records, trees, code, more=()):
    parts = pack_program([os.fsencode(record) for record in records], code)
    for tree in trees:
        parts.extend(tree.pack())
    parts.extend(more)
    parts.append(pack_end())
    return b"".join(parts)


def main():
    kernel = sys.argv[1]
    try:
        records, trees, program, options = parse(sys.argv[2:], kernel == "--which")
        if kernel == "--which":
            print(options["arch"], options["what"])
            return
        with (open(program, "rb") if program != "-" else open(0, "rb", closefd=False)) as file:
            code = file.read()
    except Usage as mistake:
        fail(mistake, EXIT_USAGE)
    except OSError as error:
        fail(error, EXIT_FAILURE)
    box = machine.Machine(kernel, options["arch"], archive=boot_archive(records, trees, code), memory=options["memory"],
                          append=options["append"], board=options["board"], harts=options["harts"],
                          gdb=options["gdb"],
                          folders=[(f"dir{number}", tree.host, tree.writable) for number, tree in enumerate(trees)
                                   if tree.served])
    if options["gdb"]:
        target = options["gdb"] if "/" in options["gdb"] else f"localhost:{options['gdb']}"
        sys.stderr.write(f"skerry os: the machine waits: gdb-multiarch {kernel} -ex 'target remote {target}'\n")
    exit_code = machine.run(box)
    if options["verbose"]:
        sys.stderr.write(box.console_text())
    if box.files:
        try:
            entries = list(unpack(box.files))
            for tree in trees:
                if tree.writable and not tree.served:
                    tree.apply([(mode, name[len(tree.prefix):], content, mtime)
                                for mode, name, content, mtime in entries if name.startswith(tree.prefix)])
        except (OSError, ValueError) as error:
            sys.stderr.write(f"skerry os: the program's files could not be written: {error}\n")
            sys.exit(EXIT_UNWRITTEN)
    if exit_code == 130 and box.interrupted_at is not None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # so that a shell sees what ended us
        os.kill(os.getpid(), signal.SIGINT)
    sys.exit(exit_code)


if __name__ == "__main__":
    main()
