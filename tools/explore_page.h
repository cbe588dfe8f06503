// The page of `skerry explore`: what stands before and behind its data. One file without any other, for any browser:
// style, the data as JSON in an element of its own, and a script that shows one function at a time. The script takes
// all text from the data as text, never as HTML. explore.cpp says what the data is.

#pragma once

#include <string_view>

namespace skerry::tools {

extern const std::string_view explore_page_before, explore_page_behind;

}  // namespace skerry::tools
