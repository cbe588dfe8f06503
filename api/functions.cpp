#include "api/objects.h"
#include "api/types.h"
#include "base/string.h"
#include "engine/runtime/store.h"

using namespace skerry;
using namespace skerry::capi;

namespace skerry::capi {
namespace {

// Room for the values of most calls on the stack.
template <class T>
class Buffer {
 public:
  explicit Buffer(usize size) {
    if (size > std::size(few_)) many_.resize(size), data_ = many_.data();
  }
  Buffer(const Buffer&) = delete;
  T* data() { return data_; }
  T& operator[](usize i) { return data_[i]; }

 private:
  T few_[8] = {};
  std::vector<T> many_;
  T* data_ = few_;
};

// A function of the user's: the environment of a host function that takes its values in an array.
struct Callback {
  Callback(ObjectStore& state, FuncType type) : state(state), type(std::move(type)) {}
  Callback(const Callback&) = delete;
  ~Callback() {
    if (finalizer) finalizer(env);
  }

  static void call(void* environment, InstanceHeader* header, u64* words) noexcept;
  Result<void, Trap> run(const State& state, u64* words) const;

  ObjectStore& state;  // that it is in
  const FuncType type;
  wasm_func_callback_t plain = nullptr;
  wasm_func_callback_with_env_t with_env = nullptr;
  void* env = nullptr;
  void (*finalizer)(void*) = nullptr;
};

void Callback::call(void* environment, InstanceHeader* header, u64* words) noexcept {
  auto& self = *static_cast<Callback*>(environment);
  auto outcome = self.run(self.state.shared_from_this(), words);
  if (!outcome) detail::raise(header, std::move(outcome.error()));
}

Result<void, Trap> Callback::run(const State& state, u64* words) const {
  usize params = type.params.size(), results = type.results.size();
  Buffer<wasm_val_t> in(params), out(results);
  for (usize i = 0; i < params; ++i) in[i] = value_to(state, type.params[i], words[i]);
  for (usize i = 0; i < results; ++i) out[i] = {.kind = kind_of(type.results[i]), .of = {.i64 = 0}};
  wasm_val_vec_t arguments = {params, in.data()}, answers = {results, out.data()};
  wasm_trap_t* trap = plain ? plain(&arguments, &answers) : with_env(env, &arguments, &answers);
  for (usize i = 0; i < params; ++i) wasm_val_delete(&in[i]);

  std::optional<Error> wrong;
  for (usize i = 0; i < results; ++i) {
    if (!trap && !wrong) {
      auto bits = bits_from(*state, type.results[i], out[i]);
      if (bits) words[i] = *bits;
      else wrong = std::move(bits.error());
    }
    wasm_val_delete(&out[i]);
  }
  if (trap) {
    if (wasm_trap_t* before = std::exchange(state->thrown, trap)) before->release();
    return fail(trap->value);
  }
  if (wrong) return fail(Trap(concat("a host function's result: ", wrong->message)));
  return {};
}

wasm_func_t* make(const State& state, std::shared_ptr<Callback> callback) {
  if (!state->store) return nullptr;
  FuncType type = callback->type;
  auto handle = state->store->internal().add_host_function(
      {std::move(type), reinterpret_cast<const void*>(&Callback::call), true, std::move(callback)});
  return handle ? object_of(state, Func(state->store->link(), *handle)) : nullptr;
}

}  // namespace
}  // namespace skerry::capi

const wasm_func_t::Callable* wasm_func_t::prepare() {
  if (!store()) return nullptr;
  if (!callable) {
    auto type = value.type();
    if (!type) return nullptr;
    auto entry = detail::find_entry(value, *type);
    if (!entry) return nullptr;
    callable = {*std::move(type), *entry};
  }
  return &*callable;
}

extern "C" {

wasm_func_t* wasm_func_new(wasm_store_t* store, const wasm_functype_t* type, wasm_func_callback_t function) {
  if (!function) return nullptr;
  auto callback = std::make_shared<Callback>(*store->state, type->type);
  callback->plain = function;
  return make(store->state, std::move(callback));
}

wasm_func_t* wasm_func_new_with_env(wasm_store_t* store, const wasm_functype_t* type,
                                    wasm_func_callback_with_env_t function, void* env, void (*finalizer)(void*)) {
  if (!function) return nullptr;
  auto callback = std::make_shared<Callback>(*store->state, type->type);
  callback->with_env = function;
  callback->env = env;
  wasm_func_t* self = make(store->state, callback);
  if (self) callback->finalizer = finalizer;
  return self;
}

wasm_functype_t* wasm_func_type(const wasm_func_t* self) {
  auto type = self->value.type();
  return type ? new wasm_functype_t(*std::move(type)) : nullptr;
}
size_t wasm_func_param_arity(const wasm_func_t* self) {
  auto type = self->value.type();
  return type ? type->params.size() : 0;
}
size_t wasm_func_result_arity(const wasm_func_t* self) {
  auto type = self->value.type();
  return type ? type->results.size() : 0;
}

wasm_trap_t* wasm_func_call(const wasm_func_t* self, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  const State state = self->state;
  const auto* callable = const_cast<wasm_func_t*>(self)->prepare();
  if (!callable) return trap_of(state, std::string("the function's store is gone"));
  const FuncType& type = callable->type;
  if (args->size != type.params.size()) {
    return trap_of(state, concat("the function takes ", type.params.size(), " arguments and was given ", args->size));
  }
  Buffer<u64> words(std::max({type.params.size(), type.results.size(), usize{1}}));
  for (usize i = 0; i < type.params.size(); ++i) {
    auto bits = bits_from(*state, type.params[i], args->data[i]);
    if (!bits) return trap_of(state, concat("argument ", i, ": ", bits.error().message));
    words[i] = *bits;
  }
  // The object may be deleted meanwhile, the store not.
  usize count = std::min(type.results.size(), results->size);
  Buffer<ValueType> types(count);
  std::copy_n(type.results.begin(), count, types.data());
  const detail::Link link = self->value.link();
  Running running(state);
  if (!detail::enter(*link, callable->entry, words.data())) return trap_of(state, detail::take_trap(*link));
  for (usize i = 0; i < count; ++i) results->data[i] = value_to(state, types[i], words[i]);
  return nullptr;
}

}  // extern "C"
