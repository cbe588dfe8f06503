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


def test_scripts():
    errors = expect([
        ("f() { echo $# $1; return 3; }; f a b; echo $?; f", "2 a\n3\n0\n=3\n"),
        ("set -- x y; f; echo $1 $#; g() echo one $1; g z", "0\nx 2\none z\n=0\n"),
        ("f() ( exit 5 ); f", "=5\n"),
        ("down() { if [ $1 -gt 0 ]; then echo $1; down $(($1 - 1)); fi; }; down 3", "3\n2\n1\n=0\n"),
        ("pipe() { cat | tr a-z A-Z; }; echo loud | pipe; X=$(echo sub | pipe); echo $X", "LOUD\nSUB\n=0\n"),
        ("deep() { deep; }; deep", "=1\n"),
        ("for i in 1 2 3 4; do if [ $i = 2 ]; then continue; fi; if [ $i = 4 ]; then break; fi; echo $i; done", "1\n3\n=0\n"),
        ("for i in a b; do for k in 1 2; do continue 2; done; echo no; done; echo $i$k", "b1\n=0\n"),
        ("while :; do while :; do break 2; done; done; echo out", "out\n=0\n"),
        ("case abc in a) echo no;; x|a*) echo yes;; *) echo other;; esac", "yes\n=0\n"),
        ("case 'a*' in (a\\*) echo star; echo two;; esac; case x in y) ;; esac", "star\ntwo\n=0\n"),
        ("V='b c'; case $V in\n  a) echo a ;;\n  'b c')\n    echo found\n    ;;\nesac", "found\n=0\n"),
        ("case x in *) false;; esac", "=1\n"),
        ("N=4; cat <<END\none $N $((N * 2)) `echo three`\n  \\$N \"quoted\"\nEND", 'one 4 8 three\n  $N "quoted"\n=0\n'),
        ("cat <<'END'; echo behind\n$N `x` \\$\nEND", "$N `x` \\$\nbehind\n=0\n"),
        ("while read a b; do echo $b $a; done <<-E | cat\n\t1 2\n\t3 4\n\tE", "2 1\n4 3\n=0\n"),
        ("cat <<A; cat <<B\nfirst\nA\nsecond\nB", "first\nsecond\n=0\n"),
        ("h() { cat <<E\nin $1\nE\n}; h x; h y | cat", "in x\nin y\n=0\n"),
        ("echo $((1 + 2 * 3)) $(((1+2)*3)) $((7 / 2)) $((-7 % 3)) $((1 << 10 | 3)) $((0x10 + 010))", "7 9 3 -1 1027 24\n=0\n"),
        ("echo $((1 ? 2 : 3)) $((0 && 1 / 0)) $((1 || 1 / 0)) $((!0 + ~0)) $((5 > 3 == 1)) $((3 & 6 ^ 1))", "2 0 1 0 1 3\n=0\n"),
        ("i=5; echo $((i += 2)) $((j = i * i)) $i $j \"$((i))\"", "7 49 7 49 7\n=0\n"),
        ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i", "3\n=0\n"),
        ("echo $((9223372036854775807 + 1)) $((-9223372036854775807 - 1)) $(( (0-9223372036854775807-1) / -1 ))",
         "-9223372036854775808 -9223372036854775808 -9223372036854775808\n=0\n"),
        ("echo $((1 / 0))", "=1\n"),
        ("echo $((1 +)); echo $((2 2)); V=word; echo $((V))", "=1\n"),
        ("P=/a/b.tar.gz; echo ${P##*/} ${P#*/} ${P%.*} ${P%%.*} ${#P} ${P:+set} ${NONE:+no}.", "b.tar.gz a/b.tar.gz /a/b.tar /a/b 11 set .\n=0\n"),
        ("echo ${NEW:=given} $NEW; unset NEW; echo ${NEW:-gone}", "given given\ngone\n=0\n"),
        ("eval 'W=1; echo $W'; echo $W; eval false", "1\n1\n=1\n"),
        ("echo 'Q=sourced; return 4; echo no' > /tmp/q; . /tmp/q; echo $? $Q", "4 sourced\n=0\n"),
        ("printf_() { :; }; unset -f printf_; printf_", "=127\n"),
        ("[ a = a ] && [ ! -e /none ] && echo both; [ a = a", "both\n=2\n"),
        ("return", "=1\n"),
        ("sh -c 'case x in'; sh -c 'f() {'; sh -c 'case x in x) echo'; sh -c ';;'", "=2\n"),
    ])
    for message in ("too many calls", "a division by zero", "a number is wanted", "an operator is wanted",
                    "a variable that is no number", "[: no closing ]", "return: not in a function"):
        assert message in errors, (message, errors)


def test_tools():
    root = f"{work}/tools"
    os.mkdir(root)
    with open(f"{root}/fruit", "w") as file:
        file.write("pear 10\napple 9\nfig 100\napple 9\nPear 2\n")
    errors = expect([
        ("cd /work; grep pear fruit; grep -ic pear fruit; grep -vn a fruit; grep -E '^(fig|Pe)' fruit; grep nothing fruit",
         "pear 10\n2\n3:fig 100\nfig 100\nPear 2\n=1\n"),
        ("grep -F 'e.r' fruit; grep -l fig fruit /bin/sh.wasm; grep -q fig fruit && echo quiet; grep '[' fruit",
         "fruit\nquiet\n=2\n"),
        ("grep -r 100 /work; grep -hs fig none fruit", "/work/fruit:fig 100\nfig 100\n=2\n"),
        ("sort fruit; sort -u fruit | wc -l; sort -n -k 2 fruit | head -n 2; sort -nr -k 2 fruit | tail -n 1",
         "Pear 2\napple 9\napple 9\nfig 100\npear 10\n4\nPear 2\napple 9\nPear 2\n=0\n"),
        ("sort fruit | uniq -c | grep 2; sort fruit | uniq -d; uniq -u fruit | wc -l", "      1 Pear 2\n      2 apple 9\napple 9\n5\n=0\n"),
        ("seq 20 | tail -n 2; seq 20 | tail -n +19; seq 3 | tail; seq 0 | tail; tail -n 1 fruit fruit",
         "19\n20\n19\n20\n1\n2\n3\n==> fruit <==\nPear 2\n\n==> fruit <==\nPear 2\n=0\n"),
        ("seq 5 -2 1; seq 2 3", "5\n3\n1\n2\n3\n=0\n"),
        ("echo copied | tee a b > c; cat a b c; echo more | tee -a a; cat a", "copied\ncopied\ncopied\nmore\ncopied\nmore\n=0\n"),
        ("touch new; touch -c none; ls n*; stat new | head -n 1 | cut -d , -f 1,2", "new\nnew: file, 0 bytes\n=0\n"),
        ("ln a hard; ln -s a soft; ln -sf b soft; ls -l soft | cut -c 1,31-; stat hard | head -n 1 | cut -d ' ' -f 9-",
         "lsoft -> b\n2 names\n=0\n"),
        ("cut -d ' ' -f 2 fruit | sort -n | tail -n 1; cut -c 1-3 fruit | head -n 1", "100\npea\n=0\n"),
        ("echo Hello | tr a-z A-Z; echo aabb | tr -s ab; echo a1b2 | tr -d '[:digit:]'; echo xyz | tr -c 'a-y\\n' -", "HELLO\nab\nab\nxy-\n=0\n"),
        ("mkdir -p t/u/v; touch t/u/x.c t/y.c; find t -name '*.c'; find t -type d | wc -l; find t -maxdepth 1",
         "t/u/x.c\nt/y.c\n3\nt\nt/u\nt/y.c\n=0\n"),
        ("seq 1000 > t/u/x.c; du t; du -s t", "0\tt/u/v\n4\tt/u\n4\tt\n4\tt\n=0\n"),
        ("which cat nothing", "/bin/cat.wasm\n=1\n"),
        ("yes | head -n 2; yes a b | head -n 1", "y\ny\na b\n=0\n"),
        ("seq 5 | xargs -n 2 echo got; echo \"'a b' c\" | xargs -n 1; xargs false < fruit", "got 1 2\ngot 3 4\ngot 5\na b\nc\n=123\n"),
        ("cmp a hard; cmp a b; cmp fruit b; cmp -s fruit a; cmp fruit none", "fruit b differ: byte 1, line 1\n=2\n"),
        ("mv a /tmp/a; cat /tmp/a; mv t /tmp; ls /tmp/t; mv /tmp/t .; find t -type f; ls /tmp; ls a",
         "copied\nmore\nu\ny.c\nt/u/x.c\nt/y.c\na\n=1\n"),
        ("uname; uname -m", "Skerry\n" + {"x64": "x86_64", "riscv64": "riscv64"}[boot.arch_of(build)] + "\n=0\n"),
        ("date +%Y | grep -c '^20[0-9][0-9]$'", "1\n=0\n"),
        ("free | wc -l; top -n 1 | head -n 1", "2\n3 processes\n=0\n"),
        ("init sh -c 'echo below $0; exit 7' init", "below init\n=7\n"),
        ("limit -m 64K true; echo $?; limit -m 8M -d 100 -c 4 -t 5 cat b; limit -m 1X true", "1\ncopied\n=2\n"),
        ("limit -t 0.05 sh -c 'while :; do :; done'; limit -c 1 sh -c 'echo one; sleep 0.1 | cat'",
         "one\n=126\n"),
    ], "--dir", f"{root}::/work")
    for message in ("cmp: b ends after byte 7", "cmp: none: No such file", "grep: [: ", "ls: a: No such file",
                    "skerry: sh.wasm: it has had its processor time", "usage: limit "):
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
        # Somebody turns the folder that the shell is in into a way out of it.
        assert ask("cd a; echo in >&2; pwd") == "/work/a\n" and tool.stderr.readline() == "in\n"
        os.rename(f"{root}/a", f"{root}/was")
        for target in ("/etc", "../../../../etc", "."):
            os.symlink(target, f"{root}/a")
            assert ask("cat /work/a/passwd ../work/a/./passwd; echo $?") == "1\n"
            told = [tool.stderr.readline() for _ in range(2)]
            why = "No such file or directory" if target == "." else "Operation not permitted"
            assert told == [f"cat: {name}: {why}\n" for name in ("/work/a/passwd", "../work/a/./passwd")], told
            os.unlink(f"{root}/a")
        assert ask("cat passwd; cd /work; echo back") == "back\n"
        assert "No such file" in tool.stderr.readline()
        os.rename(f"{root}/was", f"{root}/a")
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


def test_a_program_of_any_size():
    # A file without bytes says that it has more than there is memory for: who starts it is told, and all goes on.
    root = f"{work}/sparse"
    os.mkdir(root)
    with open(f"{root}/holes.wasm", "wb") as file:
        file.truncate((1 << 30) - 1)
    errors = expect([("/w/holes", "=1\n"), ("echo on", "on\n=0\n")], "--memory", "512M", "--dir-ro", f"{root}::/w")
    assert "skerry: holes.wasm: not enough" in errors, errors


def test_crate():
    # The interface as Rust has it, where the distribution's compiler, its target, and the linker that it goes with are.
    if not all(map(os.path.exists, ("/usr/bin/rustc", "/usr/lib/rustlib/wasm32-wasi", "/usr/bin/wasm-ld-14"))):
        print("without Rust for WASI the crate is not tested")
        return
    root = f"{work}/crate"
    os.mkdir(root)
    rustc = ["/usr/bin/rustc", "--edition", "2021", "--target", "wasm32-wasi", "-O", "-D", "warnings", "-L", root]
    subprocess.run([*rustc, "--crate-type", "rlib", "--crate-name", "skerry_process", "--out-dir", root,
                    f"{boot.root}/programs/rust/skerry-process/src/lib.rs"], check=True)
    subprocess.run([*rustc, "-C", "linker=/usr/bin/wasm-ld-14", "--extern", "skerry_process", f"{here}/programs/crate.rs", "-o",
                    f"{root}/crate.wasm"], check=True)
    done = subprocess.run(command("--dir", f"{root}::/work", f"{root}/crate.wasm"), stdin=subprocess.DEVNULL,
                          capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"word hello"), done


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
    boot.run_cases(globals())
finally:
    shutil.rmtree(work)
