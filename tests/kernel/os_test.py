"""os_test.py BUILD [--harts=N] [CASE...]: programs in the kernel, as `./dev os` runs them (tools/dev/os.py)."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import boot

build = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
work = tempfile.mkdtemp(prefix="skerry-os-")


def command(*arguments):
    tool = os.path.join(boot.root, "tools", "dev", "os.py")
    return ["timeout", "-k", "5", "60", "/usr/bin/python3", "-IB", tool, build + "/skerry.elf",
            "--arch", boot.arch_of(build), "--harts", boot.harts, *arguments]


def run(*arguments, **options):
    return subprocess.run(command(*arguments), capture_output=True, stdin=options.pop("stdin", subprocess.DEVNULL)
                          if "input" not in options else None, **options)


def start(words, stdin):
    return subprocess.Popen(words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def compiled(name):
    target = f"{work}/{name}.wasm"
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O1", f"{here}/programs/{name}.c", "-o", target], check=True)
    return target


def text_module(name, text):
    path = f"{work}/{name}.wat"
    with open(path, "w") as file:
        file.write(text)
    return path


def write(path, content):
    with open(path, "w") as file:
        file.write(content)


def read(path):
    with open(path) as file:
        return file.read()


def test_streams():
    program = compiled("streams")
    every_byte = bytes(range(256))
    for data in (b"", every_byte, every_byte * 4096):
        done = run(program, input=data)
        assert (done.returncode, done.stderr) == (42, str(len(data)).encode()), done.stderr
        assert done.stdout == data


def test_arguments():
    program = compiled("words")
    for code in (0, 1, 42, 255):
        done = run("--env", "A=1", "--env=B=x=y", program, "", "two words", "-x", str(code))
        assert done.returncode == code, done
        assert done.stdout.decode().split("\n") == ["words.wasm", "", "two words", "-x", str(code), "A=1", "B=x=y", ""]
    done = run("--argv0", "another", program, "7")
    assert (done.returncode, done.stdout) == (7, b"another\n7\n"), done


def test_files():
    for how in ("9p", "archive"):
        files_as_they_should_be(how)


def files_as_they_should_be(how):
    program = compiled("files")
    root, only = f"{work}/root-{how}", f"{work}/only-{how}"
    for folder in (root, f"{root}/folder", f"{root}/tree", f"{root}/tree/deep", f"{root}/empty", only):
        os.mkdir(folder)
    for name in ("kept", "changed", "gone", "moved", "cut", "tree/deep/leaf"):
        write(f"{root}/{name}", f"content of {name}")
    os.utime(f"{root}/kept", (1_600_000_000, 1_600_000_000))
    os.symlink("kept", f"{root}/link")
    os.symlink("/etc/passwd", f"{root}/escape")
    write(f"{only}/only", "read only")
    kept_inode = os.stat(f"{root}/kept").st_ino

    done = run("--files", how, "--dir", f"{root}::/work", "--dir-ro", f"{only}::/read", program)
    assert (done.returncode, done.stderr) == (0, b""), done
    assert done.stdout.decode() == """\
/work: . .. changed cut empty escape folder gone kept link moved tree
/work/folder: . ..
/work/kept: content of kept
/work/link: content of kept
/work/escape: Operation not permitted
/read/only: read only
/work/pointer: in
/read/new: Read-only file system
unlink: Read-only file system
kept: 15 bytes of 1600000000
/work: . .. changed cut escape folder forest kept link made new pointer
""", done.stdout.decode()

    assert sorted(os.listdir(root)) == [
        "changed", "cut", "escape", "folder", "forest", "kept", "link", "made", "new", "pointer"]
    assert read(f"{root}/changed") == "content of changed more"
    assert read(f"{root}/new") == "brand new"
    assert read(f"{root}/cut") == "con"
    assert read(f"{root}/folder/here") == "content of moved"
    assert read(f"{root}/made/inside") == "in"
    assert read(f"{root}/forest/deep/leaf") == "content of tree/deep/leaf"
    assert os.readlink(f"{root}/pointer") == "made/inside" and os.readlink(f"{root}/escape") == "/etc/passwd"
    info = os.stat(f"{root}/kept")
    assert (info.st_ino, info.st_mtime) == (kept_inode, 1_600_000_000)
    assert abs(os.stat(f"{root}/new").st_mtime - time.time()) < 60
    assert os.listdir(only) == ["only"] and read(f"{only}/only") == "read only"


LOOP = '(module (memory (export "memory") 1) (func $spin (loop (br 0))) (func (export "_start") (call $spin)))'


def test_traps():
    program = text_module("trap", '(module (memory (export "memory") 1)'
                                  ' (func $load (drop (i32.load (i32.const 70000))))'
                                  ' (func $start (export "_start") (call $load)))')
    done = run(program)
    assert (done.returncode, done.stdout) == (134, b""), done
    lines = done.stderr.decode().split("\n")
    assert lines[0] == f"skerry: {program}: out of bounds memory access", lines
    assert lines[1].startswith("  0: load @ 0x") and lines[2].startswith("  1: start @ 0x"), lines

    start = time.monotonic()
    done = run("--timeout", "0.3", text_module("loop", LOOP))
    assert done.returncode == 134 and b"interrupted" in done.stderr, done
    assert time.monotonic() - start < 30


def test_limits():
    # A memory grows until the machine has no more, and the program goes on.
    grow = text_module("grow", """(module (memory (export "memory") 1) (func (export "_start")
      (loop (br_if 0 (i32.ge_s (memory.grow (i32.const 1000)) (i32.const 0))))
      (if (i32.lt_u (memory.size) (i32.const 2000)) (then unreachable))
      (i32.store (i32.const 100000000) (i32.const 1))))""")
    done = run("--memory", "512M", grow)
    assert (done.returncode, done.stderr) == (0, b""), done
    deep = text_module("deep", '(module (memory (export "memory") 1) (func $f (export "_start") (call $f) (call $f)))')
    done = run(deep)
    assert done.returncode == 134 and b"call stack exhausted" in done.stderr, done
    for memory in ("256M", "3G", "5G"):
        assert run("--memory", memory, deep).returncode == 134


def test_few_address_bits():
    # Forty memories with their guards are more than 39 bits of address hold: they are compared instead.
    memories = '(memory (export "memory") 1)' + "(memory 1)" * 39
    stores = "".join(f"(i32.store {i} (i32.const 65532) (i32.const {i}))" for i in range(40))
    program = text_module("memories", f"""(module {memories} (func (export "_start") {stores}
      (if (i32.ne (i32.load 39 (i32.const 65532)) (i32.const 39)) (then unreachable))
      (drop (i32.load 20 (i32.const 65533)))))""")
    for options in ([], ["--append", "sv39"]):
        done = run(*options, program)
        assert done.returncode == 134 and b"out of bounds memory access" in done.stderr, done


def test_waits():
    tool = start(command(compiled("waits")), stdin=subprocess.PIPE)
    assert abs(int(tool.stdout.readline()) - time.time()) < 10
    tool.stdin.write(b"!")
    tool.stdin.flush()
    assert tool.stdout.readline() == b"empty\n"
    tool.stdin.close()
    assert tool.wait() == 0, tool.stderr.read()


def test_modules_that_do_not_run():
    done = run(text_module("bad", "(module (func"))
    assert done.returncode == 1 and b"the text ends here" in done.stderr, done
    with open(f"{work}/short.wasm", "wb") as file:
        file.write(b"\0asm\1\0\0\0\1\2\1")
    done = run(f"{work}/short.wasm")
    assert done.returncode == 1 and b"at offset 0xa" in done.stderr, done
    program = text_module("missing", '(module (import "a" "b" (func)) (memory (export "memory") 1)'
                                     ' (func (export "_start") (call 0)))')
    done = run(program)
    assert done.returncode == 1 and b'"a" "b"' in done.stderr, done
    assert run("--unknown-imports", "trap", program).returncode == 134
    assert run("--unknown-imports", "default", program).returncode == 0
    for arguments in ((), ("--nonsense", "x", program), ("--dir",), ("--dir", "/nowhere::/x", program)):
        assert run(*arguments).returncode == 2, arguments
    assert run(f"{work}/none.wasm").returncode == 1


def test_artifacts():
    # What the command made on Linux, where that was built, runs here; but only if it is trusted.
    tool = os.path.join(boot.root, "build", "release", "skerry")
    if not os.path.exists(tool):
        return
    artifact = f"{work}/words.artifact"
    # For the processor that the emulator has.
    target = {"x64": ["--target", "x86_64"], "riscv64": ["--target", "riscv64", "--cpu", "rv64gc,zba,zbb,zbs"]}
    subprocess.run([tool, "compile", *target[boot.arch_of(build)], compiled("words"), "-o", artifact], check=True)
    done = run("--allow-precompiled", artifact, "9")
    assert (done.returncode, done.stdout) == (9, b"words.artifact\n9\n"), done
    done = run(artifact, "9")
    assert done.returncode == 1 and b"--allow-precompiled" in done.stderr, done


def test_interrupt():
    # While it computes, and while it waits for input that does not come.
    compute = text_module("loop", LOOP)
    wait = compiled("streams")
    for program in (compute, wait):
        reader, writer = os.pipe()
        tool = start(command("--verbose", program)[4:], stdin=reader)
        time.sleep(2)
        assert tool.poll() is None, tool.stderr.read()
        tool.send_signal(signal.SIGINT)
        out, error = tool.communicate(timeout=30)
        assert tool.returncode == -signal.SIGINT and out == b"", (tool.returncode, error)
        assert b"kernel stops" not in error and b"by itself" not in error, error
        os.close(reader)
        os.close(writer)


def test_interrupt_while_the_kernel_starts():
    # Whenever it comes, it is not lost, though there is nobody yet who could be ended.
    program = text_module("loop", LOOP)
    for delay in range(0, 800, 50):
        tool = start(command("--verbose", program)[4:], stdin=subprocess.DEVNULL)
        time.sleep(0.1 + delay / 1000)
        tool.send_signal(signal.SIGINT)
        out, error = tool.communicate(timeout=30)
        assert tool.returncode == -signal.SIGINT and out == b"", (delay, tool.returncode, error)
        assert b"kernel stops" not in error and b"by itself" not in error, (delay, error)


def test_closed_output():
    # `yes | head`: the program gets an error, and ends.
    program = text_module("yes", """(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\\10\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 16) "y\\n")
      (func (export "_start") (local i32)
        (loop
          (local.set 0 (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
          (br_if 0 (i32.eqz (local.get 0))))
        (call $exit (local.get 0))))""")
    tool = start(command(program), stdin=subprocess.DEVNULL)
    assert tool.stdout.read(1000) == b"y\n" * 500
    tool.stdout.close()
    errno_pipe = 64
    assert tool.wait(timeout=60) == errno_pipe, tool.stderr.read()


try:
    boot.run_cases(globals())
finally:
    shutil.rmtree(work)
