"""harts_test.py BUILD [CASE...]: several harts.

What is held against a bound is counted, or time that a processor was had, not the wall's time: the host may be busy.
"""

import os
import re
import subprocess
import sys
import tempfile
import time

import boot
import machine
import os_archive

build = sys.argv[1]
arch = boot.arch_of(build)
here = os.path.dirname(os.path.abspath(__file__))
BOARDS = list(machine.BOARDS[arch])


def run(*words, harts=1, board=BOARDS[0], memory="256M", options=()):
    return subprocess.run(boot.os_command(build, "--board", board, "--harts", str(harts), "--memory", memory,
                                          "--files", "archive", "--dir-ro", f"{folder}::/work", "--dir",
                                          f"{folder}/own::/own", f"{folder}/crowd.wasm", *words,
                                          options=options, seconds=200),
                          capture_output=True, stdin=subprocess.DEVNULL)


def test_parts():
    for harts, parts in ((2, ("memory", "faults", "threads", "compile", "harts")), (4, ("heap", "memory", "frames", "faults"))):
        for part in parts:
            done = boot.run(build, part, harts=harts)
            assert (done.returncode, done.stdout, done.stderr) == (0, part.encode() + b"\n", b""), (part, done)


def test_a_failure_on_any_hart():
    done = boot.run(build, "check_fails_elsewhere", harts=4)
    assert done.returncode == 70 and done.stderr.count(b"check failed: false") == 1, done
    assert done.stderr.count(b"the kernel stops") == 1, done


def processor_times(pid):
    """Of each thread of a process, in seconds."""
    times = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/stat") as file:
            words = file.read().rpartition(")")[2].split()
        times[task] = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return times


def test_who_waits_for_a_hart_sleeps():
    """While one hart answers nobody for a second, those who want pages to be forgotten leave the host's processors to
    others. And of what is released the harts are told seldom."""
    box = machine.Machine(build + "/skerry_parts.elf", arch, append="test=starved", memory="256M", harts=4)
    try:
        out = b""
        before = None
        while b"starved" not in out:
            part = box.channel.recv(4096)
            assert part, box.console_text()
            out += part
            if before is None and b"begins" in out:
                before = processor_times(box.process.pid)
        took = [time - before.get(task, 0) for task, time in processor_times(box.process.pid).items()]
        works, others = max(took), sum(took) - max(took)
        print(f"starved: {works:.2f} s, others {others:.2f} s")
        assert others < works / 2, took
    finally:
        box.stop()


def test_stress():
    """No page is lost when processes start, end and are killed on four harts."""
    for board in BOARDS:
        done = run("stress", "6", harts=4, board=board)
        match = re.fullmatch(rb"(-?\d+) pages\n", done.stdout)
        assert done.returncode == 0 and match, done
        # Arrays are as long as they once had to be, which is not the same in each round.
        assert int(match[1]) <= 20, done


def test_share():
    """Two processes compute on two harts at once; on one they take turns. How fast is the host's to decide: printed."""
    for harts, least, most in ((1, 90, 101), (2, 180, 201)):
        done = run("share", "2", harts=harts)
        assert done.returncode == 0 and least <= int(done.stdout) <= most, done
    done = run("pace", "2", harts=2)
    assert done.returncode == 0, done
    print(done.stdout.decode(), end="")


def test_who_only_calls_takes_turns():
    """A process that is hardly ever seen in its own code, since the calls that it makes take all its time, shares the
    hart as others do: once it was preempted in compiled code alone, and kept the hart from all others for minutes."""
    for what in ("draw", "store"):
        done = run("turns", what, "work", options=boot.COUNTED_BY_FOUR)
        print(f"{what}: {int(done.stdout)} of 100")
        assert done.returncode == 0 and 35 <= int(done.stdout) <= 65, (what, done)


def test_who_wakes_often_takes_turns():
    """Who works for a while, waits for an instant that comes at once, or has come, and works on shares the hart with one
    that computes, or that only calls: once each awakening came before all the others, and left them next to nothing."""
    for what in ("nap", "ask"):
        for beside in ("work", "draw"):
            done = run("turns", what, beside, options=boot.COUNTED_BY_FOUR)
            # While it waits it has nothing; what it does between is shorter than a turn.
            print(f"{what} beside {beside}: {int(done.stdout)} of 100")
            assert done.returncode == 0 and 35 <= int(done.stdout) <= 90, (what, beside, done)


def test_console():
    """The console answers though eight programs compute on four harts."""
    image = f"{folder}/crowd.img"
    subprocess.run(["/usr/bin/python3", "-IB", f"{boot.root}/tools/dev/image.py", f"{build}/skerry.elf", "-o", image,
                    "--arch", arch, "--dir-ro", f"{folder}::/work", f"{folder}/crowd.wasm", "answer", "8"],
                   check=True, capture_output=True)
    qemu = [word for word in machine.BOARDS[arch][BOARDS[0]] if "isa-debug-exit" not in word and word != "-device"]
    process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *qemu, "-smp", "4", *machine.MANY_HARTS, "-m", "256M",
                                "-nodefaults", "-display", "none", "-serial", "stdio", "-kernel", image],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    screen = bytearray()

    def read_until(text):
        while text not in screen:
            byte = os.read(process.stdout.fileno(), 4096)
            assert byte, bytes(screen)
            screen.extend(byte)

    try:
        read_until(b"ready")
        took = []
        for i in range(20):
            screen.clear()
            began = time.monotonic()
            process.stdin.write(b"line %d\r" % i)
            process.stdin.flush()
            read_until(b"read line %d" % i)
            took.append((time.monotonic() - began) * 1000)
        print(f"console: {min(took):.1f} to {max(took):.1f} ms")
        assert min(took) <= 100, took
    finally:
        process.kill()
        process.wait()


def test_rest():
    """Harts without work take nothing of the host's."""
    with open(f"{folder}/crowd.wasm", "rb") as file:
        code = file.read()
    manifest = [b"file=crowd", b"arg=crowd", b"arg=rest", b"stream=0", b"stream=0", b"stream=0"]
    box = machine.Machine(build + "/skerry.elf", arch, memory="256M", harts=4,
                          archive=b"".join(os_archive.pack_program(manifest, code) + [os_archive.pack_end()]))
    try:
        out = b""
        while b"rests" not in out:
            out += box.channel.recv(4096)
        before = sum(processor_times(box.process.pid).values())
        while b"rested" not in out:
            out += box.channel.recv(4096)
        took = sum(processor_times(box.process.pid).values()) - before
        print(f"rest: {took:.2f} s of 2 s")
        assert took <= 0.2, took
    finally:
        box.stop()


with tempfile.TemporaryDirectory() as folder:
    os.mkdir(f"{folder}/own")
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O1", f"-I{boot.root}", f"-I{boot.root}/programs/include",
                    f"{here}/programs/crowd.c", f"{boot.root}/programs/process.c", "-o", f"{folder}/crowd.wasm"],
                   check=True)
    boot.run_cases(globals())
