"""Modules of WebAssembly, byte by byte: sections, bodies and numbers."""


def leb(value):
    """An unsigned number."""
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def sleb(value):
    """A signed one."""
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        done = value in (0, -1) and (byte & 0x40 != 0) == (value == -1)
        out.append(byte | (0 if done else 0x80))
        if done:
            return bytes(out)


def vector(items):
    return leb(len(items)) + b"".join(items)


def name(text):
    return leb(len(text)) + text.encode()


def section(number, content):
    return bytes([number]) + leb(len(content)) + content


I32, I64, FUNCREF = b"\x7f", b"\x7e", b"\x70"


def signature(parameters, results):
    return b"\x60" + vector(parameters) + vector(results)


def body(code, local_groups=()):
    """local_groups: pairs of how many, and a type."""
    whole = vector([leb(count) + kind for count, kind in local_groups]) + code + b"\x0b"
    return leb(len(whole)) + whole


def const(value):
    return b"\x41" + sleb(value - (1 << 32) if value >= 1 << 31 else value)


def module(*sections):
    return b"\0asm\1\0\0\0" + b"".join(sections)


def command(code, local_groups=(), more=(), memories=(b"\0\1",)):
    """A program whose _start is the code. `more`: further bodies of () -> (); functions 1, 2, ..."""
    bodies = [body(code, local_groups), *more]
    return module(section(1, vector([signature([], []), signature([I32], [I32])])),
                  section(3, vector([b"\0"] * len(bodies))),
                  section(4, vector([FUNCREF + b"\0\x0a"])),
                  section(5, vector(list(memories))),
                  section(7, vector([name("memory") + b"\2\0", name("_start") + b"\0\0"])),
                  section(10, vector(bodies)))
