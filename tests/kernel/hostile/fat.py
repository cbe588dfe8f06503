"""Modules that made compilers slow or fat elsewhere, and what is larger than it looks: names, bytes, how they end.

Refused where it is over a limit (exit 1), out of memory or of stack where the machine is small, else run to their end:
each is started with a limit, and what matters is that nobody else notices.
"""

from wasm import *

BLOCK, LOOP, IF, END = b"\x02\x40", b"\x03\x40", b"\x04\x40", b"\x0b"
BR, BR_IF, BR_TABLE, DROP = b"\x0c", b"\x0d", b"\x0e", b"\x1a"
GET, SET, TEE, ADD, RETURN = b"\x20", b"\x21", b"\x22", b"\x6a", b"\x0f"


def modules(scale=1):
    """scale: 1 for inputs that take a moment each; more for those of the soak."""
    n = 2000 * scale
    yield "loops", command((LOOP + END) * 5 * n), "exit 0"
    yield "nested-loops", command(LOOP * n + END * n), "exit 0"
    blocks = b"".join(BLOCK + const(i) + SET + leb(i % 1000) + END for i in range(2 * n))
    yield "blocks-with-locals", command(blocks, [(1000, I32)]), "exit 0"
    yield "chain", command((GET + leb(0) + const(1) + ADD + SET + leb(0)) * 5 * n, [(1, I32)]), "exit 0"
    yield "rem_s", command((b"\x42\x07\x42\x03\x81" + DROP) * 5 * n), "exit 0"
    yield "nested-ifs", command((const(0) + IF) * 10 * n + END * 10 * n), "exit 0"
    targets = b"\0" * n
    table = BLOCK + const(5) + BR_TABLE + leb(n) + targets + b"\0" + END
    yield "br_tables", command(table * 20), "exit 0"
    yield "operands", command(const(1) * 5 * n + DROP * 5 * n), "exit 0"
    yield "many-locals", command(b"", [(49_999, I64)]), "exit 0"
    yield "too-many-locals", command(b"", [(50_001, I64)]), "exit 1"
    deep = b"\x10\0"
    operands = b"".join(const(i) for i in range(200))
    yield "recursion-wide", command(operands + deep + DROP * 200), "trap call stack exhausted"
    wide = b"".join(GET + leb(i) + const(i) + ADD + SET + leb(i) for i in range(20_000))
    yield "huge-frame", command(wide + deep + wide, [(20_000, I32)]), "trap call stack exhausted"
    yield "many-functions", command(b"", more=[body(b"")] * 20 * n), "exit 0"
    yield "memories", command(b"", memories=[b"\0\1"] * 100), "exit 0|exit 1"
    yield "too-many-memories", command(b"", memories=[b"\0\1"] * 101), "exit 1"
    yield "large-memory", command(b"", memories=[b"\0" + leb(65536)]), "exit 1"
    yield "unbounded-body", command((const(1) + DROP) * (7_654_400 // 3)), "exit 1"
    yield "long-body", command((const(1) + DROP) * 30 * n), "exit 0"
    yield "counts-that-lie", module(section(1, leb(2**32 - 1))), "exit 1"
    yield "counts-that-lie-2", module(section(1, vector([signature([], [])])), section(3, leb(10**6) + b"\0")), "exit 1"
    tables = vector([FUNCREF + b"\0" + leb(10_000_000)] * 2)
    start = section(7, vector([name("_start") + b"\0\0"]))
    one = (section(1, vector([signature([], [])])), section(3, vector([b"\0"])))
    yield "tables", module(*one, section(4, tables), start, section(10, vector([body(b"")]))), "exit 0|exit 1"
    many = vector([FUNCREF + b"\1\0" + leb(1024)] * 9_000)
    yield "tables-on-the-heap", module(*one, section(4, many), start, section(10, vector([body(b"")]))), "exit 0|exit 1"
    segment = b"\5" + FUNCREF + leb(50 * n) + b"\xd0\x70\x0b" * 50 * n
    nothing = section(10, vector([body(b"")]))
    yield "null-elements", module(*one, start, section(9, vector([segment])), nothing), "exit 0"
    # A table that grows, and a memory, each until it is refused; then the other.
    grow = (LOOP + b"\xd0\x70" + const(100_000) + b"\xfc\x0f\0" + const(0) + b"\x4e" + BR_IF + b"\0" + END
            + LOOP + const(16) + b"\x40\0" + const(0) + b"\x4e" + BR_IF + b"\0" + END)
    both = module(*one, section(4, vector([FUNCREF + b"\0\1"])), section(5, vector([b"\0\1"])), start,
                  section(10, vector([body(grow)])))
    yield "table-and-memory", both, "exit 0"
    types = vector([signature([], [])] + [signature([I32] * (i % 50) + [I64] * (i // 50), []) for i in range(n)])
    yield "types", module(section(1, types), section(3, vector([b"\0"])), start, nothing), "exit 0"


if __name__ == "__main__":
    import subprocess
    import sys
    import time
    for title, content, ending in modules(int(sys.argv[2])):
        path = f"{sys.argv[1]}/fat-{title}.wasm"
        with open(path, "wb") as file:
            file.write(content)
        began = time.monotonic()
        done = subprocess.run([*sys.argv[3:], path], capture_output=True, text=True)
        print(title, len(content), ending, done.returncode, f"{time.monotonic() - began:.2f}", done.stderr[:100])
