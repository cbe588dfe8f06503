// CHECK: for our own bugs, and for nothing else.
//
// What a caller or a guest can cause is a Result or a Trap (result.h, abi/trap.h). A CHECK
// that fails prints its sentence through the platform and aborts; it stays on in release
// builds. DCHECK is compiled only into debug builds, for conditions on hot paths.

#pragma once

namespace skerry {

// Prints "file:line: what" as a diagnostic of the platform and aborts.
[[noreturn, gnu::cold]] void check_failed(const char* file, int line, const char* what);

}  // namespace skerry

#define CHECK(condition) \
  (__builtin_expect(!!(condition), 1) ? void(0) : ::skerry::check_failed(__FILE__, __LINE__, #condition))

#define UNREACHABLE(why) ::skerry::check_failed(__FILE__, __LINE__, "unreachable: " why)

#ifdef SKERRY_DEBUG
#define DCHECK(condition) CHECK(condition)
#else
#define DCHECK(condition) \
  do { if (false) (void)(condition); } while (false)
#endif
