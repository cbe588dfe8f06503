#include "kernel/proc/calls.h"

#include <algorithm>

#include "engine/runtime/linker.h"
#include "kernel/mm/address_space.h"
#include "kernel/mm/frames.h"
#include "kernel/proc/pipe.h"
#include "kernel/proc/process.h"
#include "wasi/call.h"
#include "wasi/walk.h"

namespace skerry::kernel {

using wasi::Errno;
using wasi::GuestMemory;
using wasi::GuestPtr;
using wasi::GuestSpan;
using wasi::HostResult;
using wasi::Outcome;
using wasi::Right;

namespace {

// As in docs/system-interface.md.
struct Request {
  u32 directory;
  u32 path, path_size;
  u32 arguments, arguments_size;
  u32 environment, environment_size;
  u32 passes, pass_count;
  u32 flags;
  u64 memory;
};
static_assert(sizeof(Request) == 48);
struct LimitedRequest {
  Request request;
  u64 processor_ns;
  u32 descriptors, children;
};
static_assert(sizeof(LimitedRequest) == 64);
struct Pass {
  u32 descriptor;
  u32 name, name_size;
};
struct EndedProcess {
  u32 number, how, code;
};
struct ListedProcess {
  u32 number, parent;
  u64 processor_ns;
  char name[48];
};
static_assert(sizeof(ListedProcess) == 64);

struct MemoryOfMachine {
  u64 total, free;  // bytes
};

constexpr u32 most_text = 1 * MiB;   // of arguments, and of environment
constexpr u32 text_cost = 32;        // of each text, besides its bytes
constexpr u32 most_passes = 1024;
constexpr u32 wait_flag_look = 1;
constexpr u32 spawn_flag_limited = 1;  // it is a LimitedRequest
constexpr u32 no_children = ~u32{0};

Outcome<std::string> copy_text(const GuestMemory& memory, u32 address, u32 size, u32 most, Errno too_long) {
  wasi::Pinned bytes = TRY(memory.pin(GuestSpan<u8>{address, size}));
  if (size > most) return fail(too_long);
  return std::string(bytes.begin(), bytes.end());
}

// Texts with a zero byte behind each. They count more than their bytes, since many short ones take more.
Outcome<std::vector<std::string>> copy_texts(const GuestMemory& memory, u32 address, u32 size) {
  std::string all = TRY(copy_text(memory, address, size, most_text, Errno::Toobig));
  if (all.empty()) return std::vector<std::string>();
  if (all.back() != '\0') return fail(Errno::Inval);
  auto count = std::ranges::count(all, '\0');
  if (u64(count) * text_cost + all.size() > most_text) return fail(Errno::Toobig);
  std::vector<std::string> texts;
  texts.reserve(usize(count));
  for (usize at = 0; at < all.size(); at += texts.back().size() + 1) texts.emplace_back(all.c_str() + at);
  return texts;
}

class Calls {
 public:
  Calls(Processes& all, Process& self) : all_(all), self_(self) {}

  Outcome<u32> spawn(const GuestMemory& memory, GuestPtr<Request> pointer) const {
    Request request = TRY(memory.load(pointer));
    if (request.flags & ~spawn_flag_limited) return fail(Errno::Inval);
    LimitedRequest limited = {};
    if (request.flags & spawn_flag_limited) limited = TRY(memory.load(GuestPtr<LimitedRequest>{pointer.address}));
    std::string path = TRY(copy_text(memory, request.path, request.path_size, self_.context().limits.path_bytes, Errno::Nametoolong));
    if (path.find('\0') != path.npos) return fail(Errno::Inval);

    Launch launch;
    wasi::Limits limits = self_.context().limits;
    if (limited.descriptors != 0) limits.descriptors = std::min(limits.descriptors, limited.descriptors);
    launch.context = all_.new_context(limits);
    launch.context->arguments = TRY(copy_texts(memory, request.arguments, request.arguments_size));
    launch.context->environment = TRY(copy_texts(memory, request.environment, request.environment_size));
    TRY(pass_descriptors(memory, {request.passes, request.pass_count}, *launch.context));
    launch.max_memory = self_.memory_limit();
    if (request.memory != 0) launch.max_memory = std::min(*launch.max_memory, request.memory);
    launch.processor_ns = self_.processor_limit();
    if (limited.processor_ns != 0) {
      launch.processor_ns = std::min(launch.processor_ns.value_or(never), limited.processor_ns);
    }
    if (limited.children != 0) launch.most_below = limited.children == no_children ? 0 : limited.children;

    launch.name = path.substr(path.rfind('/') + 1);
    TRY(open_program(request.directory, path, launch));
    return TRY(all_.start(self_.number, std::move(launch)));
  }

  Outcome<EndedProcess> wait(u32 number, u32 flags) const {
    if (flags & ~wait_flag_look) return fail(Errno::Inval);
    auto patience = flags & wait_flag_look ? Processes::Patience::Look : Processes::Patience::Wait;
    Processes::Ended ended = TRY(all_.wait(self_, number, patience));
    return EndedProcess{ended.number, u32(ended.ending.how), ended.ending.code};
  }

  Outcome<> kill(u32 number) const {
    TRY(all_.kill(self_, number));
    return {};
  }

  Outcome<std::array<u32, 2>> pipe() const {
    if (is_memory_short()) return fail(Errno::Nomem);
    PipeEnds ends = make_pipe();
    wasi::DescriptorTable& files = self_.context().files;
    auto insert = [&](std::shared_ptr<wasi::File> end, wasi::Rights asked) {
      return files.insert(make_descriptor({std::move(end), nullptr}, asked, wasi::file_rights | Right::PollFdReadwrite,
                                          wasi::Mutability::ReadWrite));
    };
    u32 reading = TRY(insert(std::move(ends.reading), Right::FdRead));
    auto writing = insert(std::move(ends.writing), Right::FdWrite);
    if (!writing) {
      CHECK(files.close(reading));
      return fail(writing.error());
    }
    return std::array{reading, *writing};
  }

  Outcome<u32> list(const GuestMemory& memory, GuestSpan<ListedProcess> buffer) const {
    TRY(memory.check(buffer));
    u32 stored = 0;
    for (const Processes::Info& info : all_.list()) {
      if (stored == buffer.count) break;
      ListedProcess process = {info.number, info.parent, info.processor_ns, {}};
      std::copy_n(info.name.begin(), std::min(info.name.size(), sizeof process.name - 1), process.name);
      TRY(memory.store(buffer, stored++, process));
    }
    return stored;
  }

  Outcome<> see_interrupts(u32 mode) const {
    if (mode > 1) return fail(Errno::Inval);
    all_.see_interrupts(self_, mode == 1);
    return {};
  }

  u32 number() const { return self_.number; }

  static MemoryOfMachine memory_of_machine() {
    take_down_released();
    FrameCounts counts = frame_counts();
    return {counts.total * page_size, (counts.total - std::min(counts.total, counts.used)) * page_size};
  }

 private:
  Outcome<> pass_descriptors(const GuestMemory& memory, GuestSpan<Pass> passes, wasi::Context& child) const {
    TRY(memory.check(passes));
    if (passes.count > most_passes) return fail(Errno::Mfile);
    for (u32 i = 0; i < passes.count; ++i) {
      Pass pass = TRY(memory.load(passes, i));
      wasi::Descriptor descriptor = *TRY(self_.context().files.find(pass.descriptor, {}));
      std::string name = TRY(copy_text(memory, pass.name, pass.name_size, child.limits.path_bytes, Errno::Nametoolong));
      descriptor.preopen.reset();
      if (pass.name_size != 0) {
        if (!descriptor.is_directory()) return fail(Errno::Notdir);
        descriptor.preopen = std::move(name);
      }
      TRY(child.files.insert(std::move(descriptor)));
    }
    return {};
  }

  Outcome<> open_program(u32 directory, const std::string& path, Launch& launch) const {
    auto from = TRY(self_.context().files.directory(directory, Right::PathOpen));
    if (!from.inheriting.has(Right::FdRead)) return fail(Errno::Notcapable);
    wasi::Place place = TRY(wasi::walk(from.directory, path, wasi::Last::Follow));
    if (place.is_directory_itself()) return fail(Errno::Isdir);
    if (place.slash == wasi::Slash::Trailing) return fail(Errno::Notdir);
    wasi::Opened opened = TRY(place.directory->open(place.name, {}, wasi::Directory::Access::Read, {}));
    if (!opened.file) return fail(Errno::Isdir);
    wasi::FileStat stat = TRY(opened.file->stat());
    if (stat.type != wasi::FileType::RegularFile) return fail(Errno::Acces);
    launch.program_file = std::move(opened.file);
    launch.module_key = {stat.device, stat.inode, stat.size, stat.modified, stat.changed};
    return {};
  }

  Processes& all_;
  Process& self_;
};

// Of one call: its value goes where the guest said; the guest's result is the errno.
template <class T>
Called<u32> finish(const Outcome<T>& outcome, const GuestMemory& memory, u32 address) {
  using Kind = wasi::CallResult::Kind;
  wasi::CallResult result{0, Kind::Return};
  if (!outcome) {
    result = outcome.error().result();
  } else if constexpr (!std::is_void_v<T>) {
    if (auto stored = memory.store(GuestPtr<T>{address}, *outcome); !stored) result.kind = Kind::Fault;
  }
  if (result.kind == Kind::Cancelled) return fail(Trap(TrapCode::Interrupted));
  if (result.kind == Kind::Fault) return fail(Trap(TrapCode::MemoryOutOfBounds));
  return result.value;
}

GuestMemory memory_of(Caller& caller) {
  std::span<u8> memory = caller.memory();
  return GuestMemory(memory.data(), memory.size());
}

// A host function over `body`, a Called<u32> (const Calls&, Caller&, u32...).
template <auto body, class Signature = decltype(+body)>
struct ProcessCall;
template <auto body, class... Number>
struct ProcessCall<body, Called<u32> (*)(const Calls&, Caller&, Number...)> {
  Processes* all;
  Called<u32> operator()(Caller& caller, Number... numbers) const {
    return body(Calls(*all, *caller.data<ProcessOfStore>()->process), caller, numbers...);
  }
  static constexpr char type[] = {(sizeof(Number) == 8 ? 'I' : 'i')..., ':', 'i'};
};

template <auto body>
consteval runtime::HostRow row(std::string_view name) {
  using Call = ProcessCall<body>;
  return {name, {Call::type, sizeof Call::type}, runtime::code_of<Call>};
}

Called<u32> out_of_bounds() { return fail(Trap(TrapCode::MemoryOutOfBounds)); }

constexpr runtime::HostRow rows[] = {
    row<[](const Calls& calls, Caller& caller, u32 mode) {
      return finish(calls.see_interrupts(mode), memory_of(caller), 0);
    }>("interrupts"),
    row<[](const Calls& calls, Caller& caller, u32 number) {
      return finish(calls.kill(number), memory_of(caller), 0);
    }>("kill"),
    row<[](const Calls& calls, Caller& caller, u32 buffer, u32 count, u32 stored) {
      GuestMemory memory = memory_of(caller);
      return finish(calls.list(memory, {buffer, count}), memory, stored);
    }>("list"),
    row<[](const Calls&, Caller& caller, u32 memory) {
      return finish(Outcome<MemoryOfMachine>(Calls::memory_of_machine()), memory_of(caller), memory);
    }>("memory"),
    row<[](const Calls& calls, Caller& caller, u32 descriptors) {
      GuestMemory memory = memory_of(caller);
      if (!memory.check(GuestSpan<u32>{descriptors, 2})) return out_of_bounds();
      return finish(calls.pipe(), memory, descriptors);
    }>("pipe"),
    row<[](const Calls& calls, Caller& caller, u32 number) {
      return finish(Outcome<u32>(calls.number()), memory_of(caller), number);
    }>("self"),
    row<[](const Calls& calls, Caller& caller, u32 request, u32 number) {
      GuestMemory memory = memory_of(caller);
      // A process that its parent could not name is not started.
      if (!memory.check(GuestPtr<u32>{number})) return out_of_bounds();
      return finish(calls.spawn(memory, {request}), memory, number);
    }>("spawn"),
    row<[](const Calls& calls, Caller& caller, u32 number, u32 flags, u32 ended) {
      if (!memory_of(caller).check(GuestPtr<EndedProcess>{ended})) return out_of_bounds();
      auto outcome = calls.wait(number, flags);
      return finish(outcome, memory_of(caller), ended);
    }>("wait"),
};
static_assert(std::ranges::is_sorted(rows, {}, &runtime::HostRow::name));

}  // namespace

void define_process_calls(Linker& linker, Processes& all) {
  linker.internal().define_rows("skerry_process", rows, std::make_shared<Processes*>(&all));
}

}  // namespace skerry::kernel
