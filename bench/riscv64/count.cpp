// Counts the instructions that a program executes under an emulator: a plugin of QEMU's (TCG plugin API, version 1).
//
//   clang++ -shared -fPIC -o count.so count.cpp
//   qemu-riscv64 -plugin ./count.so,out=FILE[,hot=N] PROGRAM
//
// FILE gets the count, and then the N blocks of which most were executed: a line with their share and their rounds, and
// the instructions. The emulator's code adds to the counts by itself, so that counting costs little. It does so without
// atomic instructions: of a program with several threads the count is less than the truth. A block that a fault leaves
// in its middle counts as a whole.
//
// The interface is declared here as far as it is used; Debian's packages of QEMU have no header of it.

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

extern "C" {

using PluginId = uint64_t;
struct PluginInfo;
struct TranslationBlock;
struct Instruction;

[[gnu::visibility("default")]] int qemu_plugin_version = 1;
[[gnu::visibility("default")]] int qemu_plugin_install(PluginId id, const PluginInfo* info, int argc, char** argv);

void qemu_plugin_register_vcpu_tb_trans_cb(PluginId id, void (*translated)(PluginId, TranslationBlock*));
void qemu_plugin_register_vcpu_tb_exec_inline(TranslationBlock* block, int operation, void* counter, uint64_t summand);
void qemu_plugin_register_atexit_cb(PluginId id, void (*exited)(PluginId, void*), void* argument);
size_t qemu_plugin_tb_n_insns(const TranslationBlock* block);
Instruction* qemu_plugin_tb_get_insn(const TranslationBlock* block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const Instruction* instruction);
char* qemu_plugin_insn_disas(const Instruction* instruction);

}  // extern "C"

namespace {

constexpr int operation_add = 0;

struct Block {
  uint64_t executed = 0;  // instructions
  uint64_t length = 0;
  std::string text;
};

std::string path;
size_t hot = 0;
uint64_t executed = 0;
std::vector<std::unique_ptr<Block>> blocks;  // the emulator keeps pointers to their counts

// Called under the emulator's lock for translations.
void on_translated(PluginId, TranslationBlock* translated) {
  size_t length = qemu_plugin_tb_n_insns(translated);
  qemu_plugin_register_vcpu_tb_exec_inline(translated, operation_add, &executed, length);
  if (!hot) return;
  auto block = std::make_unique<Block>();
  block->length = length;
  for (size_t i = 0; i < length; ++i) {
    Instruction* instruction = qemu_plugin_tb_get_insn(translated, i);
    char line[200];
    char* disassembled = qemu_plugin_insn_disas(instruction);
    snprintf(line, sizeof line, "  %" PRIx64 "  %s\n", qemu_plugin_insn_vaddr(instruction), disassembled);
    free(disassembled);
    block->text += line;
  }
  qemu_plugin_register_vcpu_tb_exec_inline(translated, operation_add, &block->executed, length);
  blocks.push_back(std::move(block));
}

void on_exit(PluginId, void*) {
  FILE* out = fopen(path.c_str(), "w");
  if (!out) return;
  fprintf(out, "%" PRIu64 "\n", executed);
  std::sort(blocks.begin(), blocks.end(), [](auto& x, auto& y) { return x->executed > y->executed; });
  for (size_t i = 0; i < std::min(hot, blocks.size()); ++i) {
    const Block& block = *blocks[i];
    fprintf(out, "%.2f %% in %" PRIu64 " rounds of %" PRIu64 "\n%s", 100.0 * double(block.executed) / double(executed),
            block.executed / block.length, block.length, block.text.c_str());
  }
  fclose(out);
}

}  // namespace

int qemu_plugin_install(PluginId id, const PluginInfo*, int argc, char** argv) {
  for (int i = 0; i < argc; ++i) {
    if (!strncmp(argv[i], "out=", 4)) path = argv[i] + 4;
    else if (!strncmp(argv[i], "hot=", 4)) hot = strtoul(argv[i] + 4, nullptr, 10);
    else return fprintf(stderr, "count: out=FILE[,hot=N], not %s\n", argv[i]), 1;
  }
  if (path.empty()) return fprintf(stderr, "count: out=FILE is missing\n"), 1;
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
  qemu_plugin_register_atexit_cb(id, on_exit, nullptr);
  return 0;
}
