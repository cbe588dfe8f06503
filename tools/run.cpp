// skerry run: a program of WASI, or one function of a module.
//
// A command (_start, or a function under the empty name) runs to its end; a reactor (_initialize) is
// started; with --invoke a function is called after that and its results are printed. The status is
// the program's own, 134 after a trap, and 1 where it did not come to run.

#include <csignal>
#include <cstdio>

#include "base/string.h"
#include "platform/linux/wasi_host.h"
#include "skerry/skerry.h"
#include "tools/commands.h"
#include "tools/engine_options.h"
#include "tools/files.h"
#include "tools/module_file.h"
#include "tools/progress.h"
#include "tools/report.h"
#include "tools/stats.h"
#include "tools/values.h"
#include "tools/watchdog.h"
#include "wasi/define.h"

namespace skerry::tools {
namespace {

constexpr int exit_trap = 128 + SIGABRT;

struct Preopen {
  std::string host;
  std::string guest;
  wasi::Mutability tree;
};

struct RunOptions : EngineOptions {
  std::vector<Preopen> preopens;
  std::vector<std::string> environment;
  std::optional<std::string> argv0;
  std::optional<std::string> invoke;
  std::optional<f64> timeout;
  std::optional<u64> max_memory;
  std::optional<u64> fuel;
  std::string unknown_imports;
  bool no_cache = false;
  std::string profile;
  bool allow_precompiled = false;
  bool stats = false;

  void add_to(CommandLine& line);
};

Result<Preopen> parse_preopen(std::string_view text, wasi::Mutability tree) {
  usize separator = text.find("::");
  std::string_view host = text.substr(0, separator);
  std::string_view guest = separator == text.npos ? host : text.substr(separator + 2);
  if (host.empty() || guest.empty()) return fail(ErrorCode::Argument, concat("\"", text, "\" is not HOST::GUEST"));
  return Preopen{std::string(host), std::string(guest), tree};
}

void RunOptions::add_to(CommandLine& line) {
  auto preopen = [&](wasi::Mutability tree) {
    return [this, tree](std::string_view text) -> Result<void> {
      preopens.push_back(TRY(parse_preopen(text, tree)));
      return {};
    };
  };
  line.option("--dir", "HOST::GUEST", "give the program a folder under a name; of HOST alone, under the same",
              preopen(wasi::Mutability::ReadWrite));
  line.option("--dir-ro", "HOST::GUEST", "the same, but nothing in it can be changed", preopen(wasi::Mutability::ReadOnly));
  line.option("--env", "NAME=VALUE", "set a variable of its environment; NAME alone takes ours",
              [this](std::string_view text) -> Result<void> {
                if (text.contains('=')) {
                  environment.emplace_back(text);
                } else if (const char* ours = std::getenv(std::string(text).c_str())) {
                  environment.push_back(concat(text, "=", ours));
                }
                return {};
              });
  line.option("--argv0", "NAME", "its own name; otherwise that of the file", [this](std::string_view text) -> Result<void> {
    argv0 = text;
    return {};
  });
  line.option("--invoke", "NAME", "call an export with the arguments and print its results",
              [this](std::string_view text) -> Result<void> {
                invoke = text;
                return {};
              });
  line.option("--timeout", "SECONDS", "stop it after that time, with a trap", [this](std::string_view text) -> Result<void> {
    timeout = TRY(parse_seconds(text));
    return {};
  });
  line.option("--max-memory", "BYTES", "how much its memories may have together; 64K, 16M, 2G",
              [this](std::string_view text) -> Result<void> {
                max_memory = parse_bytes(text);
                if (!max_memory) return fail(ErrorCode::Argument, concat("\"", text, "\" is no count of bytes"));
                return {};
              });
  line.count("--fuel", "N", "stop it after N instructions of WebAssembly, with a trap", fuel);
  line.word("--unknown-imports", "functions that nothing provides trap when they are called, or return zeros",
            {"trap", "default"}, unknown_imports);
  line.word("--profile", "write the names of compiled functions where that profiler looks for them", {"perf", "jitdump"}, profile);
  line.flag("--no-cache", "neither take compiled code from the cache nor put it there", no_cache);
  line.flag("--allow-precompiled", "also take what `skerry compile` made, which is trusted", allow_precompiled);
  line.flag("--stats", "tell the time and memory of each stage at the end", stats);
  EngineOptions::add_to(line);
}

// ------------------------------------------------------------------------------------- WASI

Failure<Error> refused(std::string_view what, wasi::Errno error) {
  return fail(ErrorCode::Environment, concat(what, ": ", wasi::errno_text(error)));
}

Result<std::shared_ptr<wasi::Context>> make_process(const RunOptions& options, std::span<const std::string_view> arguments) {
  auto interruption = platform::wasi_interruption();
  if (!interruption) return refused("cannot make a process", interruption.error());
  auto context = std::make_shared<wasi::Context>(platform::wasi_host(*interruption), wasi::Limits{});

  constexpr wasi::Rights rights[] = {wasi::Right::FdRead, wasi::Right::FdWrite, wasi::Right::FdWrite};
  for (int fd = 0; fd < 3; ++fd) {
    auto file = platform::wasi_standard_file(fd, *interruption);
    if (!file) return refused(concat("descriptor ", fd), file.error());
    auto added = context->add_file(std::move(*file), rights[fd]);
    if (!added) return refused(concat("descriptor ", fd), added.error());
  }
  for (const Preopen& preopen : options.preopens) {
    auto directory = platform::wasi_directory(preopen.host.c_str(), *interruption);
    if (!directory) return refused(concat("cannot open the folder ", preopen.host), directory.error());
    auto added = context->add_directory(std::move(*directory), preopen.guest, preopen.tree);
    if (!added) return refused(concat("cannot give the folder ", preopen.guest), added.error());
  }

  // The base name alone: the program has no business with our folders.
  std::string_view own_name = arguments[0].substr(arguments[0].rfind('/') + 1);
  context->arguments.push_back(options.argv0.value_or(std::string(own_name)));
  context->arguments.insert(context->arguments.end(), arguments.begin() + 1, arguments.end());
  context->environment = options.environment;
  return context;
}

// ---------------------------------------------------------------------------------- Linking

// What is imported and nobody provides: functions that return zeros, empty memories and tables, zeros.
Result<void> define_zeros(Linker& linker, const Store& store, const Module& module) {
  for (const ImportType& import : module.imports()) {
    if (auto* function = std::get_if<FuncType>(&import.type)) {
      linker.func_dynamic(import.module, import.name, *function,
                          [](Caller&, std::span<const Value>, std::span<Value>) -> Called<void> { return {}; });
    } else if (auto* table = std::get_if<TableType>(&import.type)) {
      linker.define(import.module, import.name, TRY(Table::create(store, *table, Value::null(table->element))));
    } else if (auto* memory = std::get_if<MemoryType>(&import.type)) {
      linker.define(import.module, import.name, TRY(Memory::create(store, *memory)));
    } else if (auto* global = std::get_if<GlobalType>(&import.type)) {
      linker.define(import.module, import.name, TRY(Global::create(store, *global, Value(global->value, 0, nullptr))));
    }
  }
  return {};
}

// ---------------------------------------------------------------------------------- Running

int end_with(std::string_view program, const Trap& trap) {
  if (trap.code() == TrapCode::Exit) return int(trap.exit_status() & 0xff);
  report(concat(program, ": trap: ", trap.text()));
  return exit_trap;
}

// A function without parameters, called for what it does.
int call_plain(std::string_view program, const Func& function) {
  Called<std::vector<Value>> outcome = function.call({});
  return outcome ? 0 : end_with(program, outcome.error());
}

int invoke(std::string_view program, const Instance& instance, const std::string& name,
           std::span<const std::string_view> words) {
  Result<Func> function = instance.func(name);
  Result<FuncType> type = function ? function->type() : Result<FuncType>(function.take_failure());
  if (!type) {
    report(program, type.error());
    return exit_failure;
  }
  if (words.size() != type->params.size()) {
    report(concat(program, ": ", name, " takes ", type->params.size(), " arguments, and was given ", words.size()));
    return exit_failure;
  }
  std::vector<Value> arguments;
  for (usize i = 0; i < words.size(); ++i) {
    Result<Value> value = parse_value(words[i], type->params[i]);
    if (!value) {
      report(concat(program, ": argument ", i + 1, " of ", name, ": ", value.error().message));
      return exit_failure;
    }
    arguments.push_back(std::move(*value));
  }
  Called<std::vector<Value>> outcome = function->call(arguments);
  if (!outcome) return end_with(program, outcome.error());
  for (const Value& value : *outcome) std::printf("%s\n", print_value(value).c_str());
  return 0;
}

int run_instance(std::string_view program, const Instance& instance, const RunOptions& options,
                 std::span<const std::string_view> words) {
  auto function = [&](std::string_view name) {
    std::optional<Extern> found = instance.find(name);
    const Func* function = found ? std::get_if<Func>(&*found) : nullptr;
    return function ? std::optional<Func>(*function) : std::nullopt;
  };
  std::optional<Func> start = function("_start");
  if (!start) start = function("");
  if (std::optional<Func> initialize = function("_initialize"); initialize && !start) {
    if (int status = call_plain(program, *initialize)) return status;
  }
  if (options.invoke) return invoke(program, instance, *options.invoke, words);
  return start ? call_plain(program, *start) : 0;
}

Result<Module> load(const Engine& engine, const ModuleFile& file, const RunOptions& options) {
  if (file.form != ModuleFile::Form::Artifact) return Module::from_binary(engine, file.bytes);
  if (options.allow_precompiled) return Module::from_artifact_trusted(engine, file.bytes);
  return fail(ErrorCode::Argument, "this is compiled code, which can do anything: --allow-precompiled, if you trust it");
}

int run(const RunOptions& options, std::span<const std::string_view> arguments) {
  Stats stats;
  std::optional<Features> features = options.parse_features();
  if (!features) return exit_usage;
  std::optional<ModuleFile> file = read_module(std::string(arguments[0]), *features);
  if (!file) return exit_failure;
  stats.end_stage("read");

  Config config = options.config();
  // Unless asked otherwise. What is compiled already stays as it is; what somebody looks at is compiled at once.
  bool may_warm_up = file->form != ModuleFile::Form::Artifact && !options.lines && options.optimisation != "none";
  if (options.gear.empty()) config.gear = may_warm_up ? Gear::Tiered : Gear::Quick;
  if (options.fuel) config.fuel = Fuel::Counted;
  if (options.max_memory) config.limits.memory_bytes = *options.max_memory;
  if (!options.no_cache) {
    constexpr u64 cache_bytes = GiB;
    // A cache that cannot be had costs time and nothing else.
    if (Result<std::shared_ptr<CodeCache>> cache = CodeCache::open_folder("", cache_bytes)) config.cache = std::move(*cache);
  }
  if (options.lines) config.debugger = Debugger::gdb();
  if (!options.profile.empty()) {
    bool is_map = options.profile == "perf";
    Result<std::shared_ptr<Profiler>> profiler = is_map ? Profiler::open_perf_map("") : Profiler::open_jitdump("");
    if (!profiler) {
      report(profiler.error().message);
      return exit_failure;
    }
    config.profiler = std::move(*profiler);
  }
  std::optional<Progress> progress(std::in_place);
  config.progress = [&progress](u64 done, u64 total) { progress->show(done, total); };
  Result<Engine> engine = Engine::create(config);
  if (!engine) {
    report(engine.error().message);
    return exit_failure;
  }
  stats.end_stage("engine");

  Result<Module> module = load(*engine, *file, options);
  progress.reset();
  if (!module) {
    report(file->name, module.error(), file->bytes, *features);
    return exit_failure;
  }
  stats.end_stage("compile");

  Result<std::shared_ptr<wasi::Context>> process = make_process(options, arguments);
  Result<Store> store = Store::create(*engine);
  if (!process || !store) {
    report(process ? store.error().message : process.error().message);
    return exit_failure;
  }
  if (options.fuel) store->set_fuel(*options.fuel);
  Linker linker(*engine);
  if (options.unknown_imports == "default") {
    if (Result<void> defined = define_zeros(linker, *store, *module); !defined) {
      report(file->name, defined.error());
      return exit_failure;
    }
  }
  wasi::define_wasi(linker, *process);
  if (options.unknown_imports == "trap") linker.trap_unknown_functions();

  std::optional<Watchdog> watchdog;
  if (options.timeout) {
    watchdog.emplace(*options.timeout, [handle = store->interrupt_handle()] { handle.interrupt(); });
  }
  int status;
  Result<Instance, InstantiationError> instance = linker.instantiate(*store, *module);
  stats.end_stage("instantiate");
  if (!instance) {
    const Trap* trap = instance.error().trap();
    if (!trap) report(concat(file->name, ": ", instance.error().message()));
    status = trap ? end_with(file->name, *trap) : exit_failure;
  } else {
    status = run_instance(file->name, *instance, options, arguments.subspan(1));
    stats.end_stage("run");
  }
  if (options.stats) stats.print(engine->internal());
  return status;
}

}  // namespace

int run_command(Words words) {
  CommandLine line("run", "PROG ARGS...",
                   "Runs a program (.wasm, .wat, or - for standard input). All that follows PROG is the program's.");
  RunOptions options;
  options.add_to(line);
  std::vector<std::string_view> arguments;
  if (auto status = line.parse(words, Options::BeforeArguments, arguments)) return *status;
  if (arguments.empty()) return line.mistake("which program?");
  return run(options, arguments);
}

}  // namespace skerry::tools
