"""programs_test.py BUILD [--harts=N] [CASE...]: the programs of programs/ in the kernel, started by the shell; and what the kernel has for them."""

import hashlib
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import boot

build = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
programs = os.path.join(boot.root, "build", "programs")
work = tempfile.mkdtemp(prefix="skerry-programs-")
subprocess.run(["ninja", "-j2", "-f", "programs/build.ninja"], cwd=boot.root, check=True, stdout=subprocess.DEVNULL)


def command(*arguments):
    tool = os.path.join(boot.root, "tools", "dev", "os.py")
    return ["timeout", "-k", "5", "120", "/usr/bin/python3", "-IB", tool, build + "/skerry.elf",
            "--arch", boot.arch_of(build), "--harts", boot.harts, "--bin", programs, *arguments]


def shell(script, *flags, status=0, error=b""):
    """What the shell, given the script as its standard input, writes."""
    done = subprocess.run(command(*flags), input=script if isinstance(script, bytes) else script.encode(),
                          capture_output=True)
    assert done.returncode == status and (error is None or done.stderr == error), done
    return done.stdout.decode() if error is not None else (done.stdout.decode(), done.stderr.decode())


def expect(cases, *flags):
    """Runs pairs of command and output in one boot."""
    lines = "".join(f"{text}\necho =$?\n" for text, _ in cases)
    out, errors = shell(lines, *flags, error=None)
    answers = out
    at = 0
    for text, wanted in cases:
        assert answers[at:].startswith(wanted), (text, wanted, answers[at:at + 300], errors)
        at += len(wanted)
    assert at == len(answers), answers[at:]
    return errors


def test_grammar():
    errors = expect([
        ("echo hello   world", "hello world\n=0\n"),
        ("false", "=1\n"),
        ("! false", "=0\n"),
        ("false; true", "=0\n"),
        ("false || echo or && echo and", "or\nand\n=0\n"),
        ("true && false || echo no", "no\n=0\n"),
        ("A=1 B='x  y'; echo $A \"$B\" $B ${A}b $C.", "1 x  y x y 1b .\n=0\n"),
        ("echo '$A' \"\\$A\" \\$A a\\ b", "$A $A $A a b\n=0\n"),
        ("echo \"\" '' | wc -c", "2\n=0\n"),
        ("A='*'; echo \"$A\" '*' \\*", "* * *\n=0\n"),
        ("echo /bin/s?.wasm /bin/[wx]c.wasm /bin/[!a-rt-z]*p.wasm /none*", "/bin/sh.wasm /bin/wc.wasm /bin/sleep.wasm /none*\n=0\n"),
        ("echo one # two", "one\n=0\n"),
        ("echo a#b", "a#b\n=0\n"),
        ("echo $(echo in | cat; echo out) `echo back`", "in out back\n=0\n"),
        ("X=$(false)", "=1\n"),
        ("if test 3 -lt 4; then echo yes; else echo no; fi", "yes\n=0\n"),
        ("if false; then echo a; elif true; then\necho b\nfi", "b\n=0\n"),
        ("for i in 1 2 '3 4'; do echo $i; done | wc", "3 4 8\n=0\n"),
        ("I=; while test \"$I\" != xxx; do I=${I}x; done; echo $I", "xxx\n=0\n"),
        ("until true; do :; done; { echo g; echo h; } | cat", "g\nh\n=0\n"),
        ("(cd /bin; pwd; exit 4)", "/bin\n=4\n"),
        ("pwd", "/\n=0\n"),
        ("export E=exported; env | cat | while read LINE; do if test \"$LINE\" = E=exported; then echo found; fi; done",
         "found\n=0\n"),
        ("F=temporary env F=other echo $F.", ".\n=0\n"),
        ("sh -c 'echo $0 $1 $#' name a b", "name a 2\n=0\n"),
        ("sh -c 'for x; do echo $x; shift; done; echo $#' name a b", "a\nb\n0\n=0\n"),
        ("echo ${NONE:-other} ${A:-x}x", "other *x\n=0\n"),
        ("nosuch", "=127\n"),
        ("/bin", "=127\n"),
        ("sh -c 'exit 300'", "=44\n"),
        ("sh -c 'echo a; echo b )'; sh -c 'if true; then'; sh -c 'echo \"x'", "=2\n"),
        ("sh -c 'a | | b'", "=2\n"),
        ("cat /none", "=1\n"),
        ("ls --what", "=2\n"),
    ])
    for message in ("sh: nosuch: not found", "sh: line 1: syntax error: near )", "it ends too early",
                    "sh: line 1: syntax error: no closing \"", "syntax error: near |", "cat: /none: No such file",
                    "usage: ls"):
        assert message in errors, (message, errors)


def test_files():
    root = f"{work}/root"
    os.mkdir(root)
    data = bytes(range(256)) * 4096
    with open(f"{root}/data", "wb") as file:
        file.write(data)
    with open(f"{root}/script", "w") as file:
        file.write("#!/bin/sh\necho script $1 $#\nexit 6\n")
    errors = expect([
        ("cd /work; pwd; ls", "/work\ndata\nscript\n=0\n"),
        ("cat data | cat | cat > copy", "=0\n"),
        ("cat < data > copy2; wc -c copy2", "1048576 copy2\n=0\n"),
        ("echo one > lines; echo two >> lines; cat < lines", "one\ntwo\n=0\n"),
        ("{ echo x; echo y >&2; } > both 2>&1; cat both", "x\ny\n=0\n"),
        ("cat /none 2> errors; wc -l errors", "1 errors\n=0\n"),
        ("cat data | head -n 1 | wc -c", "11\n=0\n"),
        ("mkdir -p a/b/c; cp lines a/b; cp -r a z; mv lines a; ls a z/b; rm -r a/b; ls a",
         "a:\nb\nlines\n\nz/b:\nc\nlines\nlines\n=0\n"),
        ("rm a", "=1\n"),
        ("rm -f none; rm none", "=1\n"),
        ("mkdir a", "=1\n"),
        ("./script x y", "script x 2\n=6\n"),
        ("sh script", "script 0\n=6\n"),
        ("echo -n ABC | hexdump", "00000000  41 42 43" + " " * 3 * 13 + "   |ABC|\n00000003\n=0\n"),
        ("echo s* d*; echo ../work/d*; cd a; pwd; cd ../..; pwd", "script data\n../work/data\n/work/a\n/\n=0\n"),
        ("echo kept > /kept; cat /kept; ls /", "kept\nbin\ndev\nkept\nproc\ntmp\nwork\n=0\n"),
        ("echo no > /bin/x", "=1\n"),
    ], "--dir", f"{root}::/work")
    assert "Is a directory" in errors and "Read-only" in errors, errors
    for name in ("copy", "copy2"):
        with open(f"{root}/{name}", "rb") as file:
            assert hashlib.sha256(file.read()).digest() == hashlib.sha256(data).digest(), name
    assert sorted(os.listdir(root)) == ["a", "both", "copy", "copy2", "data", "errors", "script", "z"]
    assert os.listdir(f"{root}/a") == ["lines"]


def test_tree():
    # One tree of several file systems.
    root, only = f"{work}/tree", f"{work}/tree-only"
    for folder in (root, f"{root}/sub", only):
        os.mkdir(folder)
    with open(f"{only}/file", "w") as file:
        file.write("read only")
    errors = expect([
        ("cd /home/me; ls; cd sub/../../..; pwd; ls home", "only\nsub\n/\nme\n=0\n"),
        ("echo kept > /tmp/x; cat /tmp/x; mv /tmp/x /tmp/y; ls /tmp", "kept\ny\n=0\n"),
        ("echo no > /home/me/only/new", "=1\n"),
        ("rm -r /bin", "=1\n"),
        ("cat /home/me/only/file", "read only=0\n"),
        ("echo lost > /dev/null; cat /dev/null | wc -c", "0\n=0\n"),
        ("echo heard > /dev/tty", "heard\n=0\n"),
        ("echo x > /dev/full", "=1\n"),
        ("echo x > /dev/new", "=1\n"),
        ("ls /dev", "console\nfull\nnull\nrandom\ntty\nurandom\nzero\n=0\n"),
        ("cat /proc/mounts", "ram / ram rw 0 0\ndev /dev dev rw 0 0\nproc /proc proc rw 0 0\nram /tmp ram rw 0 0\n"
                             "ram /bin ram ro 0 0\nempty /home empty ro 0 0\n"
                             "9p /home/me 9p rw 0 0\n9p /home/me/only 9p ro 0 0\n=0\n"),
        ("cat /proc/self/cmdline | hexdump | head -n 1 | wc -l", "1\n=0\n"),
        ("cat /proc/$$/status | head -n 3", "Name:\tsh.wasm\nPid:\t1\nPPid:\t0\n=0\n"),
        ("cat /proc/1000/status /proc/0/status /proc/99999999999999999999/status", "=1\n"),
        ("ls /proc/1", "cmdline\nstatus\n=0\n"),
        ("rm /proc/1/status; mkdir /proc/2", "=1\n"),
        ("echo x > /proc/uptime", "=1\n"),
    ], "--dir", f"{root}::/home/me", "--dir-ro", f"{only}::/home/me/only")
    for message in ("sh: /home/me/only/new: Read-only file system", "rm: /bin", "sh: /dev/new: Operation not permitted",
                    "No space left", "cat: /proc/1000/status: No such file",
                    "rm: /proc/1/status: Operation not permitted"):
        assert message in errors, (message, errors)
    out = shell("cat /proc/version /proc/meminfo; cat /proc/uptime; ls /proc; ls -l /proc/self /dev/null").split("\n")
    assert out[0] == "Skerry " + {"x64": "x86_64", "riscv64": "riscv64"}[boot.arch_of(build)], out
    sizes = {line.split()[0]: int(line.split()[1]) for line in out[1:4]}
    assert list(sizes) == ["MemTotal:", "MemFree:", "MemAvailable:"], out
    assert 1 << 20 < sizes["MemFree:"] < sizes["MemTotal:"] <= 2 << 20, sizes
    assert 0 < float(out[4]) < 120, out
    assert out[5:12] == ["1", "2", "meminfo", "mounts", "self", "uptime", "version"] or out[5] == "1", out
    assert shell("head -n 1 /dev/tty\nfrom the console\n") == "from the console\n"
    # A program alone sees what it is given, and no more.
    alone = subprocess.run([*command()[:-2], "--dir", f"{root}::/home", f"{programs}/ls.wasm", "/"], capture_output=True)
    assert alone.returncode == 1 and alone.stdout == b"", alone
    alone = subprocess.run([*command()[:-2], "--system", "--dir", f"{root}::/home", f"{programs}/ls.wasm", "/"],
                           capture_output=True)
    assert alone.returncode == 0 and alone.stdout == b"dev\nhome\nproc\ntmp\n", alone


def test_folders_are_the_hosts():
    # What the program writes is on the host at once, and the other way round; on every board, and as a copy.
    for board in {"x64": ("microvm", "q35"), "riscv64": ("virt",)}[boot.arch_of(build)]:
        root = f"{work}/live-{board}"
        os.mkdir(root)
        tool = subprocess.Popen(command("--board", board, "--dir", f"{root}::/work", "--dir-ro", f"{root}::/look"),
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        def ask(text):
            tool.stdin.write(text + "\n")
            tool.stdin.flush()
            return tool.stdout.readline()

        assert ask("cd /work; echo one > file; mkdir -p a/b; cp file a/b; echo written") == "written\n"
        with open(f"{root}/file") as file:
            assert file.read() == "one\n"
        with open(f"{root}/a/b/file", "a") as file:
            file.write("from the host\n")
        os.rename(f"{root}/file", f"{root}/renamed")
        assert ask("cat a/b/file | wc -l; ls") == "2\n"
        assert [tool.stdout.readline() for _ in range(2)] == ["a\n", "renamed\n"]
        os.symlink("/etc/passwd", f"{root}/out")
        os.mkfifo(f"{root}/pipe")
        tool.stdin.write("cat out; cat pipe; echo no > /look/new; mv renamed back; rm -r a; echo over >&2; exit 3\n")
        out, errors = tool.communicate(timeout=60)
        assert (tool.returncode, out) == (3, ""), (tool.returncode, out, errors)
        assert errors == ("cat: out: Operation not permitted\ncat: pipe: Not supported\n"
                          "sh: /look/new: Read-only file system\nover\n"), errors
        assert sorted(os.listdir(root)) == ["back", "out", "pipe"], os.listdir(root)
    # More folders than a board has room for: the others are copied.
    flags = []
    for number in range(9):
        os.mkdir(f"{work}/many{number}")
        flags += ["--dir", f"{work}/many{number}::/m/{number}"]
    assert shell("for n in 0 1 2 3 4 5 6 7 8; do echo $n > /m/$n/x; done; ls /m | wc -l", *flags) == "9\n"
    for number in range(9):
        with open(f"{work}/many{number}/x") as file:
            assert file.read() == f"{number}\n"


def test_commands_as_arguments():
    done = subprocess.run(command(f"{programs}/sh.wasm", "-c", "echo $0 $1; cat; exit 9", "zero", "one"),
                          input=b"rest", capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (9, b"zero one\nrest", b""), done
    # What follows a command on standard input is for the program that it starts.
    assert shell("head -n 1\nfor the program\necho for the shell\n").split("\n")[0] == "for the program"


def test_terminal():
    # Prompts, and Ctrl-C, which ends what runs in front and not the shell.
    ours, theirs = pty.openpty()
    tool = subprocess.Popen(command()[4:], stdin=theirs, stdout=theirs, stderr=theirs)
    screen = b""

    def until(text):
        nonlocal screen
        deadline = time.monotonic() + 60
        while text not in screen:
            ready, _, _ = select.select([ours], [], [], max(deadline - time.monotonic(), 0))
            assert ready, screen
            screen += os.read(ours, 4096)
        screen = screen[screen.index(text) + len(text):]

    def type_in(text):
        os.write(ours, text)

    def interrupt():
        time.sleep(1)
        assert tool.poll() is None, screen
        tool.send_signal(signal.SIGINT)

    until(b"$ ")
    type_in(b"sleep 1000\n")
    until(b"sleep 1000")
    interrupt()
    until(b"$ ")
    type_in(b"echo status=$?\n")
    until(b"status=130")
    until(b"$ ")
    type_in(b"while true; do sleep 0.1; done | cat\n")
    until(b"| cat")
    interrupt()
    until(b"$ ")
    type_in(b"half a li")
    interrupt()
    until(b"$ ")
    type_in(b"\x15if true\n")
    until(b"> ")
    interrupt()
    until(b"$ ")
    type_in(b"echo still here; exit 5\n")
    until(b"still here\r\n")
    assert tool.wait(timeout=30) == 5
    os.close(ours)
    os.close(theirs)


def compiled(folder, name, *sources):
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O1", f"-I{boot.root}/programs/include",
                    f"{here}/programs/{name}.c", *sources, "-o", f"{folder}/{name}.wasm"], check=True)


def text_module(path, text):
    with open(path, "w") as file:
        file.write(text)


def test_processes():
    root = f"{work}/processes"
    os.mkdir(root)
    text_module(f"{root}/spin", '(module (memory (export "memory") 1) (func $s (loop (br 0))) (func (export "_start") (call $s)))')
    text_module(f"{root}/trap", '(module (memory (export "memory") 1) (func $bad (unreachable))'
                                ' (func $start (export "_start") (call $bad)))')
    errors = expect([
        ("/p/spin & SPIN=$!; echo answers", "answers\n=0\n"),
        ("sleep 0.1 && echo again", "again\n=0\n"),
        ("ps | wc -l", "5\n=0\n"),  # heading, shell, spin, ps, wc
        ("kill $SPIN; wait $SPIN", "=137\n"),
        ("kill $SPIN 1000", "=1\n"),
        ("/p/trap", "=134\n"),
        ("echo goes on", "goes on\n=0\n"),
        ("true & wait $!; false & wait $!", "=1\n"),
        ("sleep 0.2 & sleep 0.1 & wait; echo all", "all\n=0\n"),
        ("cat &\nwait", "=0\n"),
        ("I=; for a in 1 2 3 4 5 6 7 8 9 10; do for b in 1 2 3 4 5 6 7 8 9 10; do true; true; I=$I.; done; done; echo $I",
         "." * 100 + "\n=0\n"),
        ("echo x | true; cat /bin/sh.wasm | true", "=0\n"),
        ("sh -c 'kill $$'", "=137\n"),
        ("cat", "echo =$?\n"),  # reads what the shell would have read next
    ], "--dir-ro", f"{root}::/p")
    assert "trap: unreachable" in errors and "0: bad @ 0x" in errors and "1: start @ 0x" in errors, errors
    assert "kill: 1000: No such process" in errors, errors


def test_interface():
    root, only = f"{work}/interface", f"{work}/only"
    os.mkdir(root)
    os.mkdir(only)
    compiled(root, "processes", f"{boot.root}/programs/process.c")
    text_module(f"{root}/text", "this is no program")
    text_module(f"{root}/elf", "\x7fELF is refused")
    done = subprocess.run(command("--dir", f"{root}::/work", "--dir-ro", f"{only}::/only", f"{root}/processes.wasm"),
                          capture_output=True, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (0, b"all is as it should be\n"), done


try:
    for name, test in list(globals().items()):
        if name.startswith("test_") and (not boot.named or name in boot.named):
            began = time.monotonic()
            test()
            print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)
finally:
    shutil.rmtree(work)
