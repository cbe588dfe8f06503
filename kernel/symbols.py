"""symbols.py KERNEL NM CXXFILT: assembler text with the names of a linked kernel's functions, for the section .symbols
(kernel/arch/symbols.h), on standard output.

The kernel is linked twice: the second time with this, behind all that the names' addresses depend on. Template arguments,
parameters and what every name begins with are left out: a line of the source is what debuggers are for."""

import re
import subprocess
import sys

kernel, nm, cxxfilt = sys.argv[1:]


def without_arguments(name):
    """Of a name as C++ writes it, without what stands between angle brackets that are no operator's."""
    kept, depth, at = [], 0, 0
    while at < len(name):
        operator = re.compile(r"\boperator(<=>|->\*?|<<=?|>>=?|[<>]=?)").match(name, at)
        word = operator.group() if operator else name[at]
        at += len(word)
        if word == "<":
            depth += 1
            if depth == 1:
                kept.append("<>")
        elif word == ">":
            depth -= 1
        elif depth == 0:
            kept.append(word)
    return "".join(kept).replace("(anonymous namespace)::", "").replace("skerry::", "")


lines = subprocess.run([nm, "--defined-only", "--numeric-sort", kernel], check=True, capture_output=True, text=True).stdout
functions = {}  # one name for each address
begin = None
for line in lines.splitlines():
    address, kind, name = line.split(" ", 2)
    if name == "text_begin":
        begin = int(address, 16)
    elif kind in "tTwW" and not name.startswith("."):
        functions.setdefault(int(address, 16), name)
plain = subprocess.run([cxxfilt, "--no-params"], input="\n".join(functions.values()), check=True, capture_output=True,
                       text=True).stdout.splitlines()
assert len(plain) == len(functions)

places, text, size = {}, [], 0  # a name that comes again, as a constructor's does, is there once
starts = []
for name in map(without_arguments, plain):
    if name not in places:
        places[name] = size
        text.append(name)
        size += len(name.encode()) + 1
    starts.append(places[name])

print('.section .symbols, "a"\n.balign 4')
print(f".long {len(functions)}")
for address in functions:
    print(f".long {address - begin}")
for start in starts:
    print(f".long {start}")
for name in text:
    print('.asciz "' + name.replace("\\", "\\\\").replace('"', '\\"') + '"')
