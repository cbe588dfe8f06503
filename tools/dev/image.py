"""image.py KERNEL -o FILE [FLAGS] [PROG.wasm ARGS... | PROG.wasm PROG.wasm...]: one bootable file with a program in it,
or with several and a shell.

The file is the kernel's ELF with one segment more, the boot archive, behind its image in memory; where it lies is
written to the kernel's variable skerry_archive_in_image. `qemu-system-... -kernel FILE` boots it: its console is the
first serial port, and it switches the machine off when the program has ended. The flags are those of `./dev os`, and
  --precompile COMMAND   the `skerry` that compiles all programs in it beforehand (docs/kernel.md); first of all flags
  --cpu LIST             for which processor, as `skerry compile` takes it; otherwise what QEMU's largest has
The words up to one that is "--", or does not end in .wasm, are programs; those behind it are arguments.
"""

import importlib.util
import os
import stat
import struct
import subprocess
import sys
import tempfile

# The command that boots a machine here; the standard library has a module of that name.
spec = importlib.util.spec_from_file_location("os_command", os.path.join(os.path.dirname(os.path.abspath(__file__)), "os.py"))
os_command = importlib.util.module_from_spec(spec)
spec.loader.exec_module(os_command)
from os_archive import pack_entry  # os.py knows where

EXIT_FAILURE, EXIT_USAGE = 1, 2
HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
LOAD, READABLE, SYMBOLS = 1, 4, 2
CHARACTER_DEVICE = 2
PAGE = 4096
# What `qemu-system-x86_64 -cpu max` and the other machine have. Where another boots the image, it compiles.
CPUS = {"x64": ("x86_64", "x86-64-v3,+fsgsbase"), "riscv64": ("riscv64", "rv64gc,zba,zbb,zbs")}


def page_up(value):
    return (value + PAGE - 1) & -PAGE


def find_symbol(elf, sections, wanted):
    """The address of a symbol."""
    for kind, offset, size, link in ((s[1], s[4], s[5], s[6]) for s in sections):
        if kind != SYMBOLS:
            continue
        names = sections[link][4]
        for name, _, _, _, value, _ in SYMBOL.iter_unpack(elf[offset:offset + size]):
            if elf[names + name:elf.index(b"\0", names + name)] == wanted:
                return value
    raise ValueError("not a kernel that takes an archive")


def with_archive(elf, archive):
    header = list(HEADER.unpack_from(elf))
    segments_at, sections_at, segment_count, section_count = header[5], header[6], header[10], header[12]
    segments = [SEGMENT.unpack_from(elf, segments_at + i * SEGMENT.size) for i in range(segment_count)]
    sections = [SECTION.unpack_from(elf, sections_at + i * SECTION.size) for i in range(section_count)]
    loads = [s for s in segments if s[0] == LOAD]

    # Behind the image, in memory as in the file.
    _, _, _, virtual, physical, _, size, _ = max(loads, key=lambda s: s[4] + s[6])
    begin = page_up(physical + size)
    out = bytearray(elf[:max(s[2] + s[5] for s in loads)])  # without what is for debuggers
    out += bytes(page_up(len(out)) - len(out))
    segments.append((LOAD, READABLE, len(out), begin + virtual - physical, begin, len(archive), len(archive), PAGE))
    out += archive
    out += bytes(-len(out) % 8)
    header[5], header[10] = len(out), len(segments)
    header[6] = header[12] = header[13] = 0  # no sections
    out += b"".join(SEGMENT.pack(*s) for s in segments)
    HEADER.pack_into(out, 0, *header)

    address = find_symbol(elf, sections, b"skerry_archive_in_image")
    for _, _, offset, virtual, _, in_file, _, _ in loads:
        if virtual <= address < virtual + in_file:
            struct.pack_into("<QQ", out, offset + address - virtual, begin, begin + len(archive))
            return bytes(out)
    raise ValueError("the kernel's variable for the archive is not in its file")


def precompiled(command, target, cpu, records, files):
    """The archive's entries with machine code of the files, by what the engine knows them by."""
    flags = [f"--{key}={value}" for key, value in (record.split("=", 1) for record in records)
             if key in ("gear", "features") and value != "tiered"]
    flags += ["--fuel"] if any(record.startswith("fuel=") for record in records) else []
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            done = subprocess.run([command, "compile", "--target", target, "--cpu", cpu, *flags, "--key",
                                   "-o", folder + "/code", path], stdout=subprocess.PIPE, text=True)
            if done.returncode != 0:
                raise os_command.Usage(f"{path} could not be compiled")
            with open(folder + "/code", "rb") as file:
                yield pack_entry(stat.S_IFREG | 0o644, b"code/" + os.fsencode(done.stdout.strip()), file.read())


def take_flag(arguments, flag):
    """Takes the flag and its value out of the front of the arguments; its value, or None."""
    if arguments[:1] != [flag] or len(arguments) < 2:
        return None
    value = arguments[1]
    del arguments[:2]
    return value


def main():
    kernel, arguments = sys.argv[1], sys.argv[2:]
    try:
        if len(arguments) < 2 or arguments[0] != "-o":
            raise os_command.Usage("usage: ./dev image -o FILE [--precompile [--cpu LIST]] [--arch x64|riscv64] [FLAGS]"
                                   " [PROG.wasm...] [-- ARGS...]")
        output = arguments[1]
        del arguments[:2]
        command, cpu = take_flag(arguments, "--precompile"), take_flag(arguments, "--cpu")
        records, trees, program, options = os_command.parse(arguments, kernel == "--which", "archive", takes_many=True)
        if kernel == "--which":
            print(options["arch"], options["what"])
            return
        records = [record for record in records if not record.startswith("stream=")] + [f"stream={CHARACTER_DEVICE}"] * 3
        with open(program, "rb") as file:
            code = file.read()
        machine_code = []
        if command is not None:
            files = {program, *(path for tree in trees if tree.is_chosen for path in tree.files.values())}
            target, usual_cpu = CPUS[options["arch"]]
            machine_code = precompiled(command, target, cpu or usual_cpu, records, sorted(files))
        with open(kernel, "rb") as file:
            image = with_archive(file.read(), os_command.boot_archive(records, trees, code, machine_code))
        with open(output + ".writing", "wb") as file:
            file.write(image)
        os.rename(output + ".writing", output)
    except os_command.Usage as mistake:
        os_command.fail(mistake, EXIT_USAGE)
    except (OSError, ValueError) as error:
        os_command.fail(error, EXIT_FAILURE)
    sys.stderr.write(f"skerry image: {output}, {len(image) / 1e6:.1f} MB\n")


main()
