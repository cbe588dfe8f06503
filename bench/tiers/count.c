// A plugin for QEMU's user mode (6.0 to 8.2) that tells how many instructions a program executed, all threads together:
// the last line on standard error is "instructions N". The few names of its interface that are used are declared here,
// since distributions do not carry its header.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SHOWN __attribute__((visibility("default")))
typedef uint64_t plugin_id;
struct block;
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*translated)(plugin_id, struct block *));
size_t qemu_plugin_tb_n_insns(const struct block *);
void qemu_plugin_register_vcpu_tb_exec_inline(struct block *, int operation, void *counter, uint64_t amount);
void qemu_plugin_register_atexit_cb(plugin_id, void (*ended)(plugin_id, void *), void *);

enum { add = 0 };
static uint64_t executed;

static void translated(plugin_id id, struct block *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, add, &executed, qemu_plugin_tb_n_insns(block));
}

static void ended(plugin_id id, void *nothing) {
  (void)id, (void)nothing;
  fprintf(stderr, "instructions %llu\n", (unsigned long long)executed);
}

SHOWN int qemu_plugin_version = 1;
SHOWN int qemu_plugin_install(plugin_id id, const void *info, int count, char **words) {
  (void)info, (void)count, (void)words;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, NULL);
  return 0;
}
