// engine_id: which engine this is, from its sources (cmake/engine_id.cmake). Code that another made is never run:
// the instance's layout, builtins, the calling convention or the compiler may be others.

#pragma once

namespace skerry::runtime {

extern const char engine_id[];

}  // namespace skerry::runtime
