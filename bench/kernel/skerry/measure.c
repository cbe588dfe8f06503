// What bench/kernel/linux/init.c measures, as a program of our kernel: nanoseconds and bytes; with an argument, how many
// harts two processes have, in hundredths.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wasi/api.h>

#define IMPORT(name) __attribute__((import_module("skerry_process"), import_name(name)))
struct request {
  uint32_t directory, path, path_size, arguments, arguments_size, environment, environment_size, passes, pass_count, flags;
  uint64_t memory;
};
struct pass { uint32_t descriptor, name, name_size; };
struct ended { uint32_t number, how, code; };
IMPORT("spawn") int spawn(const struct request*, uint32_t* number);
IMPORT("wait") int wait_for(uint32_t number, uint32_t flags, struct ended*);
IMPORT("pipe") int make_pipe(uint32_t* ends);
IMPORT("memory") int memory_of_machine(uint64_t* total_and_free);

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static uint32_t start(const char* file, uint32_t in, uint32_t out, const char* arguments, uint32_t size) {
  struct pass passes[] = {{in, 0, 0}, {out, 0, 0}, {2, 0, 0}};
  struct request request = {3, (uint32_t)file, strlen(file), (uint32_t)arguments, size, 0, 0, (uint32_t)passes, 3, 0, 0};
  uint32_t number = 0;
  int error = spawn(&request, &number);
  if (error) printf("spawn: errno %d\n", error);
  return number;
}

static int64_t processes(int count) {
  int64_t begin = now();
  for (int i = 0; i < count; i++) {
    uint32_t ends[2];
    char byte;
    struct ended ended;
    make_pipe(ends);
    uint32_t child = start("bin/child.wasm", 0, ends[1], "child", 6);
    close(ends[1]);
    read(ends[0], &byte, 1);
    close(ends[0]);
    wait_for(child, 0, &ended);
  }
  return (now() - begin) / count;
}

static int64_t calls(int count) {
  __wasi_fdstat_t stat;
  int64_t begin = now();
  for (int i = 0; i < count; i++) {
    if (__wasi_fd_fdstat_get(1, &stat)) return 0;
  }
  return (now() - begin) / count;
}

static int64_t pings(int count) {
  uint32_t there[2], back[2];
  char byte = 0, arguments[32];
  make_pipe(there);
  make_pipe(back);
  uint32_t size = 1 + snprintf(arguments, sizeof arguments, "child%c%d", 0, count);
  uint32_t child = start("bin/child.wasm", there[0], back[1], arguments, size);
  int64_t begin = now();
  for (int i = 0; i < count; i++) {
    write(there[1], &byte, 1);
    read(back[0], &byte, 1);
  }
  int64_t each = (now() - begin) / (2 * count);
  struct ended ended;
  wait_for(child, 0, &ended);
  return each;
}

static int64_t memory(int count) {
  uint32_t gate[2], out[2];
  make_pipe(gate);
  make_pipe(out);
  uint64_t before[2], after[2];
  memory_of_machine(before);
  for (int i = 0; i < count; i++) start("bin/child.wasm", gate[0], out[1], "child\0001", 8);
  struct timespec two_seconds = {2, 0};
  nanosleep(&two_seconds, 0);
  memory_of_machine(after);
  char byte = 0;
  struct ended ended;
  for (int i = 0; i < count; i++) write(gate[1], &byte, 1);
  for (int i = 0; i < count; i++) wait_for(0, 0, &ended);
  return (int64_t)(before[1] - after[1]) / count;
}

static int64_t harts(void) {
  struct ended ended;
  int64_t begin = now();
  for (int i = 0; i < 2; i++) {
    start("bin/child.wasm", 0, 1, "child\0and\0compute", 18);
    wait_for(0, 0, &ended);
  }
  int64_t middle = now();
  for (int i = 0; i < 2; i++) start("bin/child.wasm", 0, 1, "child\0and\0compute", 18);
  for (int i = 0; i < 2; i++) wait_for(0, 0, &ended);
  return 100 * (middle - begin) / (now() - middle);
}

int main(int count, char** arguments) {
  if (count > 1) {
    for (int i = 0; i < 9; i++) printf("harts %lld\n", harts());
    return 0;
  }
  processes(20);
  printf("process %lld\n", processes(500));
  printf("call %lld\n", calls(200000));
  printf("pipe %lld\n", pings(5000));
  printf("memory %lld\n", memory(1000));
}
