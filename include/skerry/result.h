// Result<T>: a value, or what was wrong with the input or the environment.
//
//   Result<Module> module = Module::from_binary(engine, bytes);
//   if (!module) return report(module.error().message);
//   use(*module);
//
// Nothing in the library throws. A Result that nobody looks at is a warning of the compiler;
// the value of one that holds an error, or the error of one that holds a value, ends the
// program with a message. An error is never a guest's fault: that is a Trap (trap.h).

#pragma once

#include <expected>
#include <string>
#include <utility>

#include "skerry/integers.h"

namespace skerry {

// Prints "file:line: what" as a diagnostic of the platform and ends the program.
[[noreturn, gnu::cold]] void check_failed(const char* file, int line, const char* what);

enum class ErrorCode : u8 {
  Malformed,    // the bytes or the text are not a module (the grammar)
  Invalid,      // a module that does not validate (the type system)
  Unsupported,  // a feature that is off or not implemented
  Limit,        // over an implementation limit or a limit of the Config
  Link,         // imports that do not resolve, or of the wrong type
  Argument,     // a call of the API with arguments that cannot be
  Environment,  // the operating system refused: file, memory, thread
  Artifact,     // a precompiled file that is damaged or for another machine
};

// What was wrong, where, in a sentence: lower case, no full stop, saying what was expected.
struct Error {
  static constexpr u64 no_offset = ~u64{0};

  ErrorCode code;
  u64 offset = no_offset;  // bytes from the start of the .wasm (or of the text)
  std::string message;
};

template <class E>
struct Failure {
  E error;
};

inline Failure<Error> fail(ErrorCode code, std::string message) {
  return {Error{code, Error::no_offset, std::move(message)}};
}
inline Failure<Error> fail(ErrorCode code, u64 offset, std::string message) {
  return {Error{code, offset, std::move(message)}};
}
template <class E>
Failure<E> fail(E error) {
  return {std::move(error)};
}

namespace detail {
inline void expect(bool holds) {
  if (!holds) [[unlikely]] check_failed(__FILE__, __LINE__, "a Result was taken for what it is not");
}
}  // namespace detail

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  using Value = T;
  Result(T&& value) : state_(std::move(value)) {}
  Result(const T& value) : state_(value) {}
  template <class F>
  Result(Failure<F> failure) : state_(std::unexpect, std::move(failure.error)) {}

  explicit operator bool() const { return state_.has_value(); }
  T& operator*() & { detail::expect(state_.has_value()); return *state_; }
  const T& operator*() const& { detail::expect(state_.has_value()); return *state_; }
  T&& operator*() && { detail::expect(state_.has_value()); return std::move(*state_); }
  T* operator->() { detail::expect(state_.has_value()); return &*state_; }
  const T* operator->() const { detail::expect(state_.has_value()); return &*state_; }
  E& error() { detail::expect(!state_.has_value()); return state_.error(); }
  const E& error() const { detail::expect(!state_.has_value()); return state_.error(); }
  Failure<E> take_failure() { return {std::move(error())}; }
  T take_value() { return *std::move(*this); }

 private:
  std::expected<T, E> state_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using Value = void;
  Result() = default;
  template <class F>
  Result(Failure<F> failure) : state_(std::unexpect, std::move(failure.error)) {}

  explicit operator bool() const { return state_.has_value(); }
  E& error() { detail::expect(!state_.has_value()); return state_.error(); }
  const E& error() const { detail::expect(!state_.has_value()); return state_.error(); }
  Failure<E> take_failure() { return {std::move(error())}; }
  void take_value() {}

 private:
  std::expected<void, E> state_;
};

}  // namespace skerry
