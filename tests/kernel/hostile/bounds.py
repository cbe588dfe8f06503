"""Every shape of access outside of memories and tables: a module, and what each of its functions must do.

The program is `bounds F A B C`: it calls function F with three numbers. Its memory 0 has two pages, memory 1 none,
memory 2 one and a maximum of two; table 0 has ten elements, of which number 3 is of another type and 4 is null.
"""

PAGE = 65536
SIZES = {"8": 1, "16": 2, "32": 4, "64": 8}
OUTSIDE = "trap out of bounds memory access"
TABLE = "trap out of bounds table access"
ELEMENT = "trap undefined element"

# Instruction, bytes that it touches, whether it stores, type of what it stores.
ACCESSES = [(f"{t}.load{n}{s}", SIZES[n], None) for t, ns in (("i32", "8 16"), ("i64", "8 16 32")) for n in ns.split()
            for s in ("_s", "_u")]
ACCESSES += [(f"{t}.load", size, None) for t, size in (("i32", 4), ("i64", 8), ("f32", 4), ("f64", 8))]
ACCESSES += [(f"{t}.store{n}", SIZES[n], t) for t, ns in (("i32", "8 16"), ("i64", "8 16 32")) for n in ns.split()]
ACCESSES += [(f"{t}.store", size, t) for t, size in (("i32", 4), ("i64", 8), ("f32", 4), ("f64", 8))]
MEMORY_SIZES = [2 * PAGE, 0, PAGE]

HEAD = """(module
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (type $case (func (param i32 i32 i32)))
  (type $other (func (result i64)))
  (memory $m0 (export "memory") 2) (memory $m1 0) (memory $m2 1 2)
  (table $t0 10 funcref) (table $t1 5 20 funcref)
  (elem (table $t0) (i32.const 0) func $ok $ok $ok $else)
  (elem $segment func $ok $ok $ok)
  (data $bytes "0123456789")
  (func $ok (type $case))
  (func $else (type $other) (i64.const 0))
  (func $number (param $at i32) (result i32) (local $value i32)
    (loop $next
      (if (i32.load8_u (local.get $at)) (then
        (local.set $value (i32.add (i32.mul (local.get $value) (i32.const 10))
                                   (i32.sub (i32.load8_u (local.get $at)) (i32.const 48))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next))))
    (local.get $value))
  (func (export "_start")
    (drop (call $args (i32.const 1024) (i32.const 2048)))
    (call_indirect $cases (type $case)
      (call $number (i32.load (i32.const 1032))) (call $number (i32.load (i32.const 1036)))
      (call $number (i32.load (i32.const 1040))) (call $number (i32.load (i32.const 1028)))))
"""


def access_cases():
    """Function, its arguments, and how it ends."""
    for memory, size in enumerate(MEMORY_SIZES):
        for op, width, stored in ACCESSES:
            offsets = {0, 1, size - width, size, 2**31 - 1, 2**31, 2**32 - width, 2**32 - 1}
            for offset in sorted(o for o in offsets if o >= 0):
                value = f"({stored}.const 1)" if stored else ""
                code = f"({op} $m{memory} offset={offset} (local.get 0) {value})"
                code = code if stored else f"(drop {code})"
                ends = {0, 1, size - width, size - width + 1, size, size - offset - width, size - offset - width + 1,
                        2**31 - 1, 2**31, 2**32 - width, 2**32 - offset, 2**32 - offset - 1, 2**32 - 1}
                for address in sorted(a for a in ends if 0 <= a < 2**32):
                    inside = address + offset + width <= size
                    if inside and memory == 0 and stored and 1000 < address + offset < 3000:
                        continue  # where the arguments are
                    yield code, (address, 0, 0), "exit 0" if inside else OUTSIDE


def range_cases():
    def places(size):
        return (0, 1, size - 1, size, size + 1, 2**31, 2**32 - 1)

    for memory, size in enumerate(MEMORY_SIZES):
        triples = [(a, b, n) for a in places(size) for b in places(size) for n in (0, 1, 2, size, 2**31, 2**32 - 1)
                   if min(a, b) >= 0 and (n < 100 or a >= size or b >= size or n > size)]
        for a, b, n in triples:
            fits = a + n <= size and b + n <= size
            yield f"(memory.copy $m{memory} $m{memory} {ALL})", (a, b, n), "exit 0" if fits else OUTSIDE
        for a in places(size):
            for n in (0, 1, 2, 2**31, 2**32 - 1):
                if a >= 0:
                    yield f"(memory.fill $m{memory} {ALL})", (a, 7, n), "exit 0" if a + n <= size else OUTSIDE
                    for b in (0, 1, 9, 10, 11, 2**31, 2**32 - 1):
                        fits = a + n <= size and b + n <= 10
                        yield f"(memory.init $m{memory} $bytes {ALL})", (a, b, n), "exit 0" if fits else OUTSIDE
    for a in places(2 * PAGE):
        fits = a + 1 <= 2 * PAGE
        yield f"(memory.copy $m0 $m2 {ALL})", (a, PAGE - 1, 1), "exit 0" if fits else OUTSIDE
        yield f"(memory.copy $m1 $m0 {ALL})", (0, a, 1), OUTSIDE
    for a in (0, 5, 9, 10, 2**31, 2**32 - 1):
        yield "(drop (table.get $t0 (local.get 0)))", (a, 0, 0), "exit 0" if a < 10 else TABLE
        yield "(table.set $t0 (local.get 0) (ref.null func))", (a, 0, 0), "exit 0" if a < 10 else TABLE
        for n in (0, 1, 5, 10, 2**31, 2**32 - 1):
            yield "(table.fill $t0 (local.get 0) (ref.null func) (local.get 2))", (a, 0, n), \
                "exit 0" if a + n <= 10 else TABLE
            for b in (0, 2, 3, 5, 2**32 - 1):
                yield f"(table.copy $t0 $t1 {ALL})", (a, b, n), "exit 0" if a + n <= 10 and b + n <= 5 else TABLE
                yield f"(table.init $t0 $segment {ALL})", (a, b, n), "exit 0" if a + n <= 10 and b + n <= 3 else TABLE
    for a, ending in ((0, "exit 0"), (3, "trap indirect call type mismatch"), (4, "trap uninitialized element"),
                      (9, "trap uninitialized element"), (10, ELEMENT), (2**31, ELEMENT), (2**32 - 1, ELEMENT)):
        zeros = "(i32.const 0) (i32.const 0) (i32.const 0)"
        yield f"(call_indirect $t0 (type $case) {zeros} (local.get 0))", (a, 0, 0), ending


ALL = "(local.get 0) (local.get 1) (local.get 2)"


def growth_cases():
    """What a growth adds is there at once, and nothing behind it; one that fails adds nothing."""
    grow = "(if (i32.ne (memory.grow $m{m} (local.get 0)) (i32.const {before})) (then {otherwise}))"
    bad, load = "(call_indirect $t1 (type $other) (i32.const 0)) drop", "(drop (i32.load8_u $m{m} (local.get 1)))"
    for m, before, most in ((1, 0, 65536), (2, 1, 2), (0, 2, 65536)):
        for more in (1, 2, 3):
            after = before + more if before + more <= most else before
            done = grow.format(m=m, before=before if after > before else 2**32 - 1, otherwise=bad)
            for address in (after * PAGE - 1, after * PAGE, 2**32 - 1):
                yield done + load.format(m=m), (more, address, 0), "exit 0" if address < after * PAGE else OUTSIDE
        for more in (65537, 2**31, 2**32 - 1):
            done = grow.format(m=m, before=2**32 - 1, otherwise=bad)
            yield done + load.format(m=m), (more, before * PAGE, 0), OUTSIDE


def build():
    """The module's text, and pairs of its arguments and how it ends."""
    functions, cases = {}, []
    for code, arguments, ending in [*access_cases(), *range_cases(), *growth_cases()]:
        number = functions.setdefault(code, len(functions))
        cases.append(([str(number), *map(str, arguments)], ending))
    text = [HEAD]
    text += [f"(func $f{number} (type $case) {code})" for code, number in functions.items()]
    text.append("(table $cases funcref (elem " + " ".join(f"$f{n}" for n in range(len(functions))) + "))")
    return "\n".join(text) + ")\n", cases


if __name__ == "__main__":
    text, cases = build()
    print(len(text), len(cases))
