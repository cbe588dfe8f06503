#include "wasi/types.h"

namespace skerry::wasi {

const char* errno_text(Errno error) {
  switch (error) {
#define WASI_ERRNO(name, value, text) \
  case Errno::name: return text;
#include "wasi/errno.def"
#undef WASI_ERRNO
  }
  return "unknown error";
}

}  // namespace skerry::wasi
