"""The bench's programs with source: what bench/programs.txt lists, what is built of libraries, and how clang does that."""
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


# Of the packages that bench/modules.txt names: the folder, the files besides our own, and options.
LIBRARIES = {
    'sqlite': ('sqlite3', ['sqlite3', 'wasm32-wasi-vfs'],
               ['-DSQLITE_THREADSAFE=0', '-DSQLITE_OS_OTHER', '-DSQLITE_OMIT_LOAD_EXTENSION', '-DLONGDOUBLE_TYPE=double']),
    'zlib': ('src/zlib', ['adler32', 'compress', 'crc32', 'deflate', 'inffast', 'inflate', 'inftrees', 'trees', 'uncompr', 'zutil'], []),
}


def linked(name, package, out):
    """The .wasm of bench/libraries/NAME.c with the library in the folder `package`."""
    folder, files, options = LIBRARIES[name]
    sources = [f'{package}/{folder}/{file}.c' for file in files]
    command = [*WASM, '-w', *options, f'-I{package}/{folder}', *sources]
    return compiled(command, f'{HERE}/libraries/{name}.c', f'{out}/{name}.wasm')


def geomean(values):
    return math.exp(statistics.mean(math.log(v) for v in values))
