// libFuzzer: any text through the text parser, and if it is a module, through all stages; as a script too.

#include <string_view>

#include "base/check.h"
#include "tests/fuzz/stages.h"
#include "text/script.h"

extern "C" int LLVMFuzzerTestOneInput(const skerry::u8* data, skerry::usize size) {
  using namespace skerry;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  CHECK(!fuzz::run_text_stages(text).complaint);
  (void)text::parse_script(text);
  return 0;
}
