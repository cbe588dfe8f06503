"""native.py FILE...: those of the files that are objects of machine code, not of what the linker is to compile."""

import sys

for path in sys.argv[1:]:
    with open(path, "rb") as file:
        if file.read(4) == b"\x7fELF":
            print(path)
