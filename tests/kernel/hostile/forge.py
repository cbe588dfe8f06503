"""forge.py ROOT: writes calls.inc of forged.c: every call of wasi/preview1.def and of skerry_process, and what is good
for each of its parameters. A call that this does not know is an error, so that no call is forgotten."""

import re
import sys

# Of a parameter:  number | ~number (high ones are forged alone) | =number (never forged) | #number (64 bits)
#   p OFFSET SIZE          a pointer to one thing of SIZE bytes in the arena (?: at most)
#   a OFFSET SIZE COUNT    a pointer to so many things as value COUNT says (?: the call need not look at all of them)
#   n NUMBER               such a count
# Behind the parameters, what stands in structures: the same, with @WHERE in front.
SPECS = {
    "args_get": "p 512 12; p? 1024 64",
    "args_sizes_get": "p 512 4; p 520 4",
    "environ_get": "p? 512 1; p? 1024 1",
    "environ_sizes_get": "p 512 4; p 520 4",
    "clock_res_get": "1; p 512 8",
    "clock_time_get": "1; #0; p 512 8",
    "fd_advise": "5; #0; #0; 0",
    "fd_allocate": "5; #0; #10",
    "fd_close": "=9",
    "fd_datasync": "5",
    "fd_fdstat_get": "5; p 512 24",
    "fd_fdstat_set_flags": "5; 0",
    "fd_fdstat_set_rights": "5; #0; #0",
    "fd_filestat_get": "5; p 512 64",
    "fd_filestat_set_size": "5; #10",
    "fd_filestat_set_times": "5; #0; #0; 0",
    "fd_pread": "5; a 0 8 2; n 1; #0; p 512 4; @0 a 256 1 6; @4 n 16",
    "fd_prestat_get": "4; p 512 8",
    "fd_prestat_dir_name": "4; a? 512 1 2; n 4",
    "fd_pwrite": "5; a 0 8 2; n 1; #0; p 512 4; @0 a 256 1 6; @4 n 16",
    "fd_read": "5; a 0 8 2; n 1; p 512 4; @0 a 256 1 5; @4 n 16",
    "fd_readdir": "4; a 512 1 2; n 64; #0; p 640 4",
    "fd_renumber": "=9; 5",
    "fd_seek": "5; #0; 0; p 512 8",
    "fd_sync": "5",
    "fd_tell": "5; p 512 8",
    "fd_write": "5; a 0 8 2; n 1; p 512 4; @0 a 256 1 5; @4 n 16",
    "path_create_directory": "4; a 64 1 2; n 4",
    "path_filestat_get": "4; 0; a 64 1 3; n 4; p 512 64",
    "path_filestat_set_times": "4; 0; a 64 1 3; n 4; #0; #0; 0",
    "path_link": "4; 0; a 64 1 3; n 4; 4; a 80 1 6; n 3",
    "path_open": "4; 0; a 64 1 3; n 4; 0; #0; #0; 0; p 512 4",
    "path_readlink": "4; a 64 1 2; n 4; a? 512 1 4; n 64; p 640 4",
    "path_remove_directory": "4; a 64 1 2; n 4",
    "path_rename": "4; a 64 1 2; n 4; 4; a 64 1 5; n 4",
    "path_symlink": "a 64 1 1; n 4; 4; a 80 1 4; n 3",
    "path_unlink_file": "4; a 80 1 2; n 3",
    "poll_oneoff": "a 160 48 2; a 1024 32 2; n 2; p 512 4",
    "proc_exit": None,  # ends the process, whatever it is given
    "proc_raise": "~0",
    "sched_yield": "",
    "random_get": "a 512 1 1; n 8",
    "sock_accept": "5; 0; p 512 4",
    "sock_recv": "5; a 0 8 2; n 1; 0; p 512 4; p 520 2; @0 a? 256 1 7; @4 n 16",
    "sock_send": "5; a 0 8 2; n 1; 0; p 512 4; @0 a? 256 1 6; @4 n 16",
    "sock_shutdown": "5; 0",
}
# skerry_process: type and values. The request is at 2048; its directory is /own, where no program is.
PROCESS = {
    "spawn": ("ii:i", "p 2048 64; p 512 4; @2048 4; @2052 a 64 1 4; @2056 n 4; @2060 a 160 1 6; @2064 n 2;"
                      "@2068 a 160 1 8; @2072 n 2; @2076 a 112 12 10; @2080 n 1; @2084 1; @116 a 160 1 13; @120 n 0"),
    "wait": ("iii:i", "9; 1; p 512 12"),
    "kill": ("i:i", "0"),
    "self": ("i:i", "p 512 4"),
    "pipe": ("i:i", "p 512 8"),
    "memory": ("i:i", "p 512 16"),
    "list": ("iii:i", "a 512 64 1; n 4; p 1024 4"),
    "interrupts": ("i:i", "0"),
}


def value(text):
    """A value as C's initialiser of struct value."""
    at = 0
    if text.startswith("@"):
        at, text = text[1:].split(" ", 1)
    words = text.split()
    if words[0] in ("p", "p?"):
        return f"{{Pointer, {words[1]}, {words[2]}, -1, {str(words[0] == 'p?').lower()}, {at}}}"
    if words[0] in ("a", "a?"):
        return f"{{Pointer, {words[1]}, {words[2]}, {words[3]}, {str(words[0] == 'a?').lower()}, {at}}}"
    if words[0] == "n":
        return f"{{Count, {words[1]}, 0, -1, false, {at}}}"
    kinds = {"~": "High", "=": "Fixed", "#": "Wide"}
    kind = kinds.get(text[0], "Number")
    return f"{{{kind}, {text.lstrip('~=#')}, 0, -1, false, {at}}}"


def main(root):
    with open(root + "/wasi/preview1.def") as file:
        known = re.findall(r'^WASI_CALL\((\w+), "([iI]*:i?)"\)', file.read(), re.M)
    assert {name for name, _ in known} == set(SPECS), "wasi/preview1.def has calls that are not here, or the reverse"
    with open(root + "/kernel/proc/calls.cpp") as file:
        table = re.search(r"^constexpr runtime::HostRow rows\[\] = \{$(.*?)^\};$", file.read(), re.M | re.S).group(1)
    there = set(re.findall(r'^    \}?>\("(\w+)"\),$', table, re.M))
    assert there == set(PROCESS), f"skerry_process has other calls: {there ^ set(PROCESS)}"
    calls = [("wasi_snapshot_preview1", name, kind, SPECS[name]) for name, kind in known if SPECS[name] is not None]
    calls += [("skerry_process", name, kind, spec) for name, (kind, spec) in PROCESS.items()]
    rows = []
    for module, name, kind, spec in calls:
        letters = kind.split(":")[0]
        types = ", ".join("uint64_t" if letter == "I" else "uint32_t" for letter in letters) or "void"
        arguments = ", ".join(f"v[{i}]" for i in range(len(letters)))
        print(f'IMPORT("{module}", "{name}") uint32_t import_{name}({types});')
        print(f"static uint32_t make_{name}(const uint64_t *v) {{ (void)v; return import_{name}({arguments}); }}")
        values = [value(text.strip()) for text in spec.split(";") if text.strip()]
        own = sum(not text.strip().startswith("@") for text in spec.split(";") if text.strip())
        assert own == len(letters), name
        rows.append(f'  {{"{name}", make_{name}, {own}, {len(values)}, {{{", ".join(values)}}}}},')
    print("static const struct call calls[] = {", *rows, "};", sep="\n")
    print("""static void fill_arena(uint8_t *arena) {
  const uint32_t base = (uint32_t)(uintptr_t)arena;
  const uint32_t vector[2] = {base + 256, 16}, pass[3] = {0, base + 160, 0};
  memcpy(arena, vector, sizeof vector);
  memcpy(arena + 64, "file", 4);
  memcpy(arena + 80, "new", 3);
  memcpy(arena + 112, pass, sizeof pass);
}""")


main(sys.argv[1])
