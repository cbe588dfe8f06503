"""The archive that crosses between host and kernel (kernel/fs/archive.h), on the host's side."""

END = b"TRAILER!!!"
HEADER_SIZE = 6 + 13 * 8
UNCHANGED = 0


def padding(size):
    return b"\0" * (-size % 4)


def pack_entry(mode, name, content=b"", mtime_ns=0):
    seconds, nanoseconds = divmod(max(mtime_ns, 0), 10**9)
    fields = (0, mode, 0, 0, 1, seconds & 0xFFFFFFFF, len(content), 0, 0, nanoseconds, 0, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name + b"\0"
    return b"".join((head, padding(len(head)), content, padding(len(content))))


def unpack(archive):
    """Yields (mode, name, content, mtime_ns)."""
    at = 0
    while True:
        head = archive[at:at + HEADER_SIZE]
        if len(head) < HEADER_SIZE or head[:6] != b"070701":
            raise ValueError("the kernel's archive is damaged")
        fields = [int(head[6 + 8 * i:14 + 8 * i], 16) for i in range(13)]
        mode, seconds, size, nanoseconds, name_size = fields[1], fields[5], fields[6], fields[9], fields[11]
        name = bytes(archive[at + HEADER_SIZE:at + HEADER_SIZE + name_size - 1])
        if name == END:
            return
        content_at = (at + HEADER_SIZE + name_size + 3) & ~3
        yield mode, name, memoryview(archive)[content_at:content_at + size], seconds * 10**9 + nanoseconds
        at = (content_at + size + 3) & ~3


def pack_program(records, code):
    """The entries that every boot archive begins with."""
    manifest = b"".join(record + b"\0" for record in records)
    return [pack_entry(0o100644, b"manifest", manifest), pack_entry(0o100644, b"program", code)]


def pack_end():
    return pack_entry(UNCHANGED, END)
