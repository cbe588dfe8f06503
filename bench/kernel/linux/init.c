// The first and only program of the Linux guest: measures and prints, in nanoseconds and bytes. With the argument "harts" it
// measures how many harts two processes have, in hundredths; with "wasmtime" what it measures of processes, where the child is
// the program of ../skerry, compiled, and wasmtime runs it.
#include "bench/kernel/linux/system.h"

static long now(void) {
  long t[2];
  call(sys_clock_gettime, 1, t);
  return t[0] * 1000000000 + t[1];
}

static void print(const char* name, long value) {
  char text[80], digits[24];
  int size = 0, count = 0;
  while (*name) text[size++] = *name++;
  text[size++] = ' ';
  do digits[count++] = '0' + value % 10;
  while (value /= 10);
  while (count) text[size++] = digits[--count];
  text[size++] = '\n';
  call(sys_write, 1, text, size);
}

typedef const char* const arguments[];
static arguments plain = {"/child", 0};
static arguments waiting = {"/child", "wait", 0};
static arguments computing = {"/child", "and", "compute", 0};
static arguments plain_by_wasmtime = {"/wasmtime", "run", "-Ccache=n", "--allow-precompiled", "/child.cwasm", 0};
static arguments waiting_by_wasmtime = {"/wasmtime", "run", "-Ccache=n", "--allow-precompiled", "/child.cwasm", "1", 0};

static int start(int in, int out, const char* const* command) {
  long child = call(sys_fork);
  if (child == 0) {
    if (in >= 0) call(sys_dup2, in, 0);
    call(sys_dup2, out, 1);
    call(sys_execve, command[0], command, 0);
    call(sys_exit, 1);
  }
  return (int)child;
}

static long processes(int count, const char* const* command) {
  long begin = now();
  for (int i = 0; i < count; i++) {
    int ends[2];
    char byte;
    call(sys_pipe, ends);
    int child = start(-1, ends[1], command);
    call(sys_close, ends[1]);
    call(sys_read, ends[0], &byte, 1);
    call(sys_close, ends[0]);
    call(sys_wait4, child);
  }
  return (now() - begin) / count;
}

static long pings(int count) {
  int there[2], back[2];
  char byte = 0;
  call(sys_pipe, there);
  call(sys_pipe, back);
  long child = call(sys_fork);
  if (child == 0) {
    for (int i = 0; i < count; i++) {
      call(sys_read, there[0], &byte, 1);
      call(sys_write, back[1], &byte, 1);
    }
    call(sys_exit, 0);
  }
  long begin = now();
  for (int i = 0; i < count; i++) {
    call(sys_write, there[1], &byte, 1);
    call(sys_read, back[0], &byte, 1);
  }
  long each = (now() - begin) / (2 * count);
  call(sys_wait4, child);
  return each;
}

static long getpids(int count) {
  long begin = now();
  for (int i = 0; i < count; i++) call(sys_getpid);
  return (now() - begin) / count;
}

// A thread that ends at once; its creator waits for the word that the kernel clears.
static long threads(int count) {
  enum { flags = 0x3d0f00 };  // memory, files, handlers, thread; sets and clears the word
  char* stack = (char*)call(sys_mmap, 0, 65536, 3, 0x22, -1);
  long begin = now();
  for (int i = 0; i < count; i++) {
    static volatile int word;
    word = 1;
    register long r10 __asm__("r10") = (long)&word;
    register long r8 __asm__("r8") = 0;
    long result;
    __asm__ volatile(
        "syscall; test %%eax, %%eax; jnz 1f; mov $60, %%eax; xor %%edi, %%edi; syscall; 1:"
        : "=a"(result) : "a"(sys_clone), "D"(flags & ~0x80000L), "S"(stack + 65536), "d"(&word), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    while (word) call(sys_futex, &word, 0, word);
  }
  return (now() - begin) / count;
}

static long free_bytes(void) {
  struct { long uptime, loads[3], total, free; char rest[200]; } info;
  call(sys_sysinfo, &info);
  return info.free;
}

// Of a process that waits.
static long memory(int count, const char* const* command) {
  int gate[2], out[2];
  call(sys_pipe, gate);
  call(sys_pipe, out);
  long before = free_bytes();
  for (int i = 0; i < count; i++) start(gate[0], out[1], command);
  for (int i = 0; i < 100; i++) {
    long wait[2] = {0, 20000000};
    call(35, wait, 0);
  }
  long each = (before - free_bytes()) / count;
  char byte;
  for (int i = 0; i < count; i++) call(sys_write, gate[1], &byte, 1);
  for (int i = 0; i < count; i++) call(sys_wait4, -1);
  return each;
}

// Two children that compute, one after the other, and then at once.
static long harts(void) {
  long begin = now();
  for (int i = 0; i < 2; i++) {
    start(-1, 1, computing);
    call(sys_wait4, -1);
  }
  long middle = now();
  for (int i = 0; i < 2; i++) start(-1, 1, computing);
  for (int i = 0; i < 2; i++) call(sys_wait4, -1);
  return 100 * (middle - begin) / (now() - middle);
}

static void measure(void) {
  processes(20, plain);
  print("process", processes(500, plain));
  print("call", getpids(200000));
  print("pipe", pings(5000));
  print("thread", threads(2000));
  print("memory", memory(1000, waiting));
}

static void measure_wasmtime(void) {
  processes(2, plain_by_wasmtime);
  print("process", processes(5, plain_by_wasmtime));
  print("memory", memory(10, waiting_by_wasmtime));
}

// The call leaves the stack as a function expects it.
__attribute__((naked)) void _start(void) { __asm__("mov %rsp, %rdi; call main_at"); }
void main_at(long* stack) {
  const char* what = stack[0] > 1 ? (const char*)stack[2] : "";
  if (what[0] == 'h') for (int i = 0; i < 9; i++) print("harts", harts());
  else if (what[0] == 'w') measure_wasmtime();
  else measure();
  call(sys_reboot, 0xfee1dead, 672274793, 0x1234567);
  for (;;) {}
}
