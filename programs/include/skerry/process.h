// Processes for programs in the kernel: the import module "skerry_process", as docs/system-interface.md has it, and
// below it what is built of that (programs/process.c).
//
// Every function returns 0 or one of <errno.h>. A pointer outside of memory is a trap.

#pragma once

#include <stdint.h>

#define SKERRY_IMPORT(name) __attribute__((import_module("skerry_process"), import_name(name)))

struct skerry_pass {
  uint32_t descriptor;     // of the caller's
  const char *name;        // a directory with a name is preopened under it
  uint32_t name_size;
};

struct skerry_request {
  uint32_t directory;      // in which the path begins
  const char *path;
  uint32_t path_size;
  const char *arguments;   // texts, each with a zero byte behind it
  uint32_t arguments_size;
  const char *environment;
  uint32_t environment_size;
  const struct skerry_pass *passes;  // the child's descriptors 0, 1, ...
  uint32_t pass_count;
  uint32_t flags;          // SKERRY_LIMITED, or 0
  // Limits. Each is at most its parent's, and 0 is as its parent has it.
  uint64_t memory;         // bytes that its memories may have together
  // These are looked at where SKERRY_LIMITED is set.
  uint64_t processor_ns;   // of processor time, after which it ends as by a trap
  uint32_t descriptors;    // that may be open at once
  uint32_t children;       // and theirs, that may be below it at once; SKERRY_NO_CHILDREN: none
};

enum skerry_how { SKERRY_EXITED = 0, SKERRY_TRAPPED = 1, SKERRY_KILLED = 2 };

struct skerry_ended {
  uint32_t number;
  uint32_t how;            // skerry_how
  uint32_t code;           // of SKERRY_EXITED: the status, 0 to 255
};

struct skerry_process {
  uint32_t number, parent;
  uint64_t processor_ns;
  char name[48];
};

struct skerry_memory {
  uint64_t total, free;    // bytes of the machine
};

enum { SKERRY_LIMITED = 1 };
enum { SKERRY_NO_CHILDREN = 0xffffffff };
enum { SKERRY_WAIT_LOOK = 1 };
enum { SKERRY_INTERRUPT_ENDS = 0, SKERRY_INTERRUPT_TELLS = 1 };

_Static_assert(sizeof(struct skerry_pass) == 12, "as in kernel/proc/calls.cpp");
_Static_assert(sizeof(struct skerry_request) == 64, "as in kernel/proc/calls.cpp");
_Static_assert(sizeof(struct skerry_process) == 64, "as in kernel/proc/calls.cpp");

SKERRY_IMPORT("spawn") int skerry_spawn(const struct skerry_request *request, uint32_t *number);
// With number 0: for any child. SKERRY_WAIT_LOOK does not wait, and stores number 0 where none has ended.
SKERRY_IMPORT("wait") int skerry_wait(uint32_t number, uint32_t flags, struct skerry_ended *ended);
SKERRY_IMPORT("kill") int skerry_kill(uint32_t number);
SKERRY_IMPORT("self") int skerry_self(uint32_t *number);
SKERRY_IMPORT("pipe") int skerry_pipe(uint32_t descriptors[2]);
SKERRY_IMPORT("memory") int skerry_memory(struct skerry_memory *memory);
SKERRY_IMPORT("list") int skerry_list(struct skerry_process *buffer, uint32_t count, uint32_t *stored);
// What Ctrl-C does while the caller is who it is meant for: ends it, or lets its waits fail with EINTR.
SKERRY_IMPORT("interrupts") int skerry_interrupts(uint32_t mode);

// Starts the program at a path, with all directories that the caller was given. `descriptors` become 0, 1 and 2.
int process_start(const char *path, char *const arguments[], char *const environment[], const int descriptors[3],
                  uint32_t *number);
// The same with the request's limits, of which nothing else is looked at.
int process_start_limited(const char *path, char *const arguments[], char *const environment[], const int descriptors[3],
                          const struct skerry_request *limits, uint32_t *number);
// The path of a program: `name` itself where it has a slash, else what is found in the folders of `search`; with
// ".wasm" behind it where that alone is there. On the heap; null where there is none.
char *process_find(const char *name, const char *search);
// Like a shell's $?: the code, 134 for a trap, 137 for what was killed.
int process_status(const struct skerry_ended *ended);
