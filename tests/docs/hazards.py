"""hazards.py ROOT [--write]: the table of hazards in docs/testing.md names the tests that there are.

A test guards a row if its suite or case is named Hazard and the row's number. Without --write it fails where the table
is not current: a new test must be told of, and a row does not lose its last one unseen.
"""

import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
page = root / "docs/testing.md"
ROWS = {
    1: "an address's shift folded into the access, at more than 32 bits",
    2: "a spilled i32 that comes back with the wrong extension",
    3: "the address checked is not the one accessed",
    4: "an i32 taken for zero-extended when it becomes an address",
    5: "a load that an operation takes in reads more than it was to",
    6: "sizes and results of growing, typed or masked wrongly",
    7: "constants of vectors",
    8: "division by constants, with the wrong extension",
    9: "a rewrite rule that is wrong",
    10: "packed fields that a huge function overflows",
    11: "tables of branches, and how far a branch reaches",
    12: "value numbering that merges unlike things",
    13: "the upper half of an i32 at the border to the host",
    14: "tail calls and backtraces",
    15: "stack maps and safepoints that are missing",
    16: "more parameters than registers and stack hold",
    17: "wrong allocation of registers",
    18: "output that depends on the run",
    20: "a slot of the pool that comes back with what was there",
    21: "a memory of 0 pages without a guard",
    22: "instantiation that fails half-way",
    23: "the registry of types: races, and its end",
    24: "things of another store or engine",
    25: "interruption inside bulk operations",
    26: "sizes near the ends of the address space",
    27: "dropping in the wrong order",
    28: "the host's view of shared memory",
    29: "exhaustion of the stack",
    30: "slashes, dots and links at the end of a path",
    31: "changes past a read-only folder",
    32: "renumbering of descriptors",
    33: "no folder given, and the current one open",
    34: "targets of links that nobody checks",
    35: "lengths of the guest's that size the host's memory",
}
ABSENT = {7: "no vectors yet", 15: "nothing is collected yet", 28: "no memory is shared yet"}

tests = {number: set() for number in ROWS}
pattern = re.compile(r"(?:TYPED_)?TEST(?:_[FP])?\((\w+),\s*(\w+)\)")
for path in sorted((root / "tests").glob("*/*_test.cpp")):
    for suite, case in pattern.findall(path.read_text()):
        named = re.search(r"Hazard(\d\d)", suite) or re.search(r"Hazard(\d\d)", case)
        if named:
            if int(named[1]) not in tests:
                sys.exit(f"{path}: no row of hazards has the number {named[1]}")
            tests[int(named[1])].add(f"{path.parent.name}.{suite}")

lines = ["| row | what broke | tests |", "| --- | --- | --- |"]
for number, what in ROWS.items():
    if not tests[number] and number not in ABSENT:
        sys.exit(f"no test is named for row {number}: {what}")
    if tests[number] and number in ABSENT:
        sys.exit(f"row {number} has a test, and is listed as one that does not apply")
    named = ", ".join(f"`{name}`" for name in sorted(tests[number])) or ABSENT[number]
    lines.append(f"| {number} | {what} | {named} |")
table = "\n".join(lines) + "\n"

text = page.read_text()
found = re.search(r"\| row \| what broke \| tests \|\n(\|.*\n)*", text)
if not found:
    sys.exit("docs/testing.md has no table of hazards")
if "--write" in sys.argv:
    page.write_text(text[:found.start()] + table + text[found.end():])
elif found[0] != table:
    sys.exit("the table of hazards is not current; mend it by: python3 tests/docs/hazards.py . --write")
