"""The bench's programs with source: what bench/programs.txt lists, and how clang compiles them."""
import math, os, statistics, subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
# Scalar code: what WebAssembly without SIMD is compared with.
NATIVE = ['clang-19', '-O3', '-fno-vectorize', '-fno-slp-vectorize']
WASM = ['clang-19', '--target=wasm32-wasi', '-O3']


def programs():
    """Name and source."""
    for line in open(HERE + '/programs.txt'):
        if line.strip() and not line.startswith('#'):
            yield line.split()[0], HERE + '/' + line.split()[-1]


def compiled(command, source, out):
    """`out`, made of the source by the command unless it is newer."""
    if not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(source):
        subprocess.run([*command, '-o', out, source, '-lm'], check=True)
    return out


def geomean(values):
    return math.exp(statistics.mean(math.log(v) for v in values))
