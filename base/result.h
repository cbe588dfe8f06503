// Result<T>: a value, or what was wrong with the input or the environment.
//
//   Result<u32> count = reader.leb_u32();
//   u32 n = TRY(reader.leb_u32());          // returns the error to our caller
//   return fail(ErrorCode::Malformed, offset, "section id 77 is unknown");
//
// A Result is never for a guest's fault (that is a Trap) nor for a bug of ours (CHECK).

#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/types.h"

namespace skerry {

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

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  using Value = T;
  Result(T value) : state_(std::move(value)) {}
  template <class F>
  Result(Failure<F> failure) : state_(std::unexpect, std::move(failure.error)) {}

  explicit operator bool() const { return state_.has_value(); }
  T& operator*() & { CHECK(state_.has_value()); return *state_; }
  const T& operator*() const& { CHECK(state_.has_value()); return *state_; }
  T&& operator*() && { CHECK(state_.has_value()); return std::move(*state_); }
  T* operator->() { CHECK(state_.has_value()); return &*state_; }
  const T* operator->() const { CHECK(state_.has_value()); return &*state_; }
  E& error() { CHECK(!state_.has_value()); return state_.error(); }
  const E& error() const { CHECK(!state_.has_value()); return state_.error(); }
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
  E& error() { CHECK(!state_.has_value()); return state_.error(); }
  const E& error() const { CHECK(!state_.has_value()); return state_.error(); }
  Failure<E> take_failure() { return {std::move(error())}; }
  void take_value() {}

 private:
  std::expected<void, E> state_;
};

}  // namespace skerry

// The value of a Result, or return of its error from this function.
#define TRY(expression)                                            \
  ({                                                               \
    auto&& try_result_ = (expression);                             \
    if (!try_result_) [[unlikely]] return try_result_.take_failure(); \
    try_result_.take_value();                                      \
  })
