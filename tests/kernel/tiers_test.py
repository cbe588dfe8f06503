"""tiers_test.py BUILD [CASE...]: programs that go on in the gear best (docs/tiers.md), on one hart and on more.

What is held against a bound is counted by the kernel (--stats): functions and loops that were switched, frames that
were handed over, jobs that nobody else did in time.
"""

import os
import re
import subprocess
import sys
import tempfile

import boot

build = sys.argv[1]
arch = boot.arch_of(build)

# One hot loop in main, and hot functions that it calls, directly and by a table: lists, a matrix and a state machine,
# as CoreMark has them. Every thousandth iteration's checksum is printed.
PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
struct node { struct node *next; unsigned short value; };
static unsigned crc(unsigned sum, unsigned value) {
  for (int bit = 0; bit < 16; bit++) {
    unsigned odd = (sum ^ value) & 1;
    sum = sum >> 1 ^ (odd ? 0xa001 : 0), value >>= 1;
  }
  return sum;
}
__attribute__((noinline)) static struct node *reversed(struct node *list) {
  struct node *before = NULL;
  while (list) {
    struct node *next = list->next;
    list->next = before, before = list, list = next;
  }
  return before;
}
__attribute__((noinline)) static unsigned multiply(short *matrix, int n, short by) {
  unsigned sum = 0;
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++)
      for (int k = 0; k < n; k++) sum += (unsigned)(matrix[i * n + k] * matrix[k * n + j] * by);
  return sum;
}
static unsigned digits(const char *text) {
  unsigned n = 0;
  while (*text >= '0' && *text <= '9') n = n * 10 + *text++ - '0';
  return n;
}
static unsigned letters(const char *text) {
  unsigned n = 7;
  while (*text) n = n * 31 ^ (unsigned char)*text++;
  return n;
}
static unsigned (*const states[])(const char *) = {digits, letters};
int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 3000;
  static struct node nodes[40];
  static short matrix[36];
  struct node *list = NULL;
  for (int i = 0; i < 40; i++) nodes[i] = (struct node){list, i * 77}, list = &nodes[i];
  for (int i = 0; i < 36; i++) matrix[i] = i * 3 - 50;
  unsigned sum = 1;
  for (int round = 1; round <= rounds; round++) {
    list = reversed(list);
    for (struct node *at = list; at; at = at->next) sum = crc(sum, at->value + round);
    sum = crc(sum, multiply(matrix, 6, round & 15));
    sum = crc(sum, states[round & 1](round & 2 ? "31415926" : "skerry"));
    if (round % 1000 == 0) printf("%04x\n", sum & 0xffff);
  }
}
"""

# Some 300 functions, each called once.
MANY = "#include <stdio.h>\n" + "".join(
    f"__attribute__((noinline)) static unsigned f{i}(volatile unsigned *at) {{ "
    + "".join(f"at[{k % 8}] = at[{(k + i) % 8}] * {2 * k + 3}u + {i}u; " for k in range(24)) + "return at[0]; }\n"
    for i in range(300)) + """int main(void) {
  static volatile unsigned at[8];
  unsigned sum = 0;
""" + "".join(f"  sum += f{i}(at);\n" for i in range(300)) + '  printf("%08x\\n", sum);\n}\n'


def run(*words, harts=1, gear="tiered", warm_up=None, wasm=None):
    tool = os.path.join(boot.root, "tools", "dev", "os.py")
    options = ["--warm-up", str(warm_up)] if warm_up else []
    done = subprocess.run(["timeout", "-k", "5", "100", "/usr/bin/python3", "-IB", tool, build + "/skerry.elf",
                           "--arch", arch, "--harts", str(harts), "--memory", "256M", "--stats", "--gear", gear, *options,
                           wasm or program, *words], capture_output=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done
    counts = re.findall(rb"(ahead|found|best|loops|entered|refused|dropped|insisted) (\d+)  ", done.stderr)
    return done.stdout, {name: int(count) for name, count in counts}


def test_hot_programs_go_on_in_the_best_gear():
    expected, none = run(gear="quick")
    assert len(expected.splitlines()) == 3 and not none, (expected, none)
    for harts in (1, 2):
        for warm_up in (None, 1):
            out, counts = run(harts=harts, warm_up=warm_up)
            print(harts, "harts, threshold", warm_up or "by default:", counts)
            assert out == expected, (harts, warm_up, out)
            # What main calls, and main, which is called once and takes much of that in.
            assert counts.get(b"best", 0) >= 1 and counts.get(b"entered", 0) >= 1, (harts, warm_up, counts)
            assert b"dropped" not in counts, (harts, warm_up, counts)


def test_functions_are_compiled_ahead_where_a_hart_idles():
    expected, _ = run(gear="quick", wasm=many)
    for harts in (1, 2):
        out, counts = run(harts=harts, wasm=many)
        print(harts, "harts:", counts)
        assert len(out) == 9 and out == expected, (harts, out, expected)
        found = counts.get(b"found", 0)
        assert counts.get(b"ahead", 0) >= found and (found >= 10 if harts == 2 else found == 0), (harts, counts)


def test_cold_programs_do_not():
    for harts in (1, 2):
        out, counts = run("3", harts=harts)
        assert out == b"" and not counts, (harts, out, counts)


with tempfile.TemporaryDirectory() as folder:
    program = folder + "/hot.wasm"
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O1", "-x", "c", "-", "-o", program], input=PROGRAM.encode(),
                   check=True)
    many = folder + "/many.wasm"
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O1", "-x", "c", "-", "-o", many], input=MANY.encode(),
                   check=True)
    boot.run_cases(globals())
