"""instructions.py ROOT [--write]: docs/instructions.md is what engine/wasm/opcodes.def says.

Without --write it fails where the page is not current.
"""

import re
import sys

root = sys.argv[1]
page = root + "/docs/instructions.md"
TYPES = {"i": "i32", "l": "i64", "f": "f32", "d": "f64", "a": "address", "r": "reference"}

with open(root + "/engine/wasm/features.def") as file:
    flags = dict(re.findall(r'^WASM_FEATURE\((\w+),\s*"([^"]+)"', file.read(), re.M))


def signature(text):
    if text == "*":
        return "depends"
    operands, results = text.split(":")
    return " ".join(TYPES[c] for c in operands) + " → " + " ".join(TYPES[c] for c in results)


out = ["# Instructions", "",
       "Those that the engine knows, from `engine/wasm/opcodes.def`. *Depends*: on immediates, or on the stack.", ""]
with open(root + "/engine/wasm/opcodes.def") as file:
    lines = file.read().split("\n")
heading = None
for line in lines[lines.index("") + 1:]:
    if line.startswith("// "):
        heading = line[3:]
    row = re.match(r'WASM_OP\(\w+,\s*"([^"]+)",\s*0x(\w+),\s*0x(\w+),\s*(\w+),\s*"([^"]+)",\s*(\w+)\)', line)
    if not row:
        continue
    if heading:
        out += ["", "## " + heading, "", "| instruction | code | immediates | signature | feature |", "| --- | --- | --- | --- | --- |"]
        heading = None
    mnemonic, prefix, code, immediates, types, feature = row.groups()
    immediates = "" if immediates == "None" else immediates
    bytes_of = code if prefix == "00" else prefix + " " + code
    out.append(f"| `{mnemonic}` | {bytes_of} | {immediates} | {signature(types)} | {flags.get(feature, '')} |")
text = re.sub(r"\n{3,}", "\n\n", "\n".join(out)) + "\n"

if "--write" in sys.argv:
    with open(page, "w") as file:
        file.write(text)
    sys.exit()
with open(page) as file:
    if file.read() != text:
        sys.exit("docs/instructions.md is not what opcodes.def says; mend it by: python3 tests/docs/instructions.py . --write")
