// Of every program here: it begins in the folder $PWD, which is how a shell hands on where it is. WASI has no
// current directory, so without this a relative path begins at "/".

#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void enter_folder(void) {
  const char *folder = getenv("PWD");
  if (folder) chdir(folder);
}
