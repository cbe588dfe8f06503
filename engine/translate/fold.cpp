#include "engine/translate/fold_rules.h"

namespace skerry::translate {

template class FolderOf<Numbering>;

}  // namespace skerry::translate
