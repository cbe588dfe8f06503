"""parts_test.py BUILD: the kernel's parts, each by a kernel of its own (image/parts.cpp)."""

import sys
import time

import boot

build = sys.argv[1]

for part in ("heap", "memory", "faults", "threads", "behind"):
    done = boot.run(build, part)
    assert (done.returncode, done.stdout, done.stderr) == (0, part.encode() + b"\n", b""), (part, done)

# RISC-V with 39 bits of address.
if boot.arch_of(build) == "riscv64":
    for part in ("heap", "memory", "faults"):
        done = boot.run(build, part + " sv39")
        assert (done.returncode, done.stdout, done.stderr) == (0, part.encode() + b"\n", b""), (part, done)

# Devices interrupt by an APLIC, by itself and with messages, as they do by the PLIC of all other tests.
if boot.arch_of(build) == "riscv64":
    for controller in ("aplic", "aplic-imsic"):
        data = bytes(range(256)) * 4000
        done = boot.run(build, "echo", data, harts=2, options=("-M", f"virt,aia={controller}"))
        assert (done.returncode, done.stdout, done.stderr) == (42, data, b"%d" % len(data)), (controller, done.stderr)

# A lock goes from one who waits to the next: what that takes, counted in instructions, grows with how many they are, and
# not with its square.
done = boot.run(build, "crowd", options=boot.COUNTED)
assert (done.returncode, done.stderr) == (0, b""), done
few, many = (int(count) for count in done.stdout.split())
print(f"a lock for 16 in turn: {few} instructions, for 128: {many}")
assert many < 8 * 2 * few, (few, many)

# The clocks agree with the host's.
done = boot.run(build, "clock")
wall, end = done.stdout.split(b"\n")[:2]
assert (done.returncode, end) == (0, b"clock"), done
assert abs(int(wall) / 1e9 - time.time()) < 60, (wall, time.time())

# What goes wrong is said, with a backtrace, and is not mistaken for an exit code of the program.
done = boot.run(build, "check_fails")
assert done.returncode == 70 and b"check failed: channel == nullptr" in done.stderr, done
backtrace = [line.split()[1] for line in done.stderr.partition(b"backtrace\n")[2].splitlines() if b" + 0x" in line]
assert backtrace == [b"kernel::arch::stop_here", b"check_failed", b"kernel::run_program", b"kernel::run",
                     b"kernel::first_function"], done
done = boot.run(build, "wild_write")
assert done.returncode == 70 and b"page fault" in done.stderr and b" 0000200000000000" in done.stderr, done
assert b" kernel::run_program + 0x" in done.stderr, done

# Whatever is refused of the memory that a process's start asks for, that process ends with it, and nothing is lost.
done = boot.run(build, "refusals")
assert done.returncode == 0 and b" refusals: " in done.stdout, done
print(done.stdout.decode().strip())

# Folders whose server says anything, and a neighbour of those who go about in them.
done = boot.run(build, "liar")
assert done.returncode == 0 and b"the neighbour is well\n" in done.stdout, done
print(done.stdout.decode().strip())

# The boot's own: it goes on, or stops with a sentence.
outcomes = set()
for n in (1, 2, 3, 5, 8, 13, 21, 34):
    done = boot.run(build, f"exit7 refuse={n}")
    stopped = done.returncode == 70 and b"skerry: the kernel stops: no memory" in done.stderr
    assert done.returncode == 7 or stopped, (n, done)
    outcomes.add(done.returncode)
print("boot with a refusal:", outcomes)
