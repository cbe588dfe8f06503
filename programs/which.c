// which NAME...: where programs are found

#include <skerry/process.h>
#include <stdlib.h>

#include "programs/tool.h"

const char *tool_name = "which";

int main(int count, char **words) {
  if (count < 2) usage("NAME...");
  const char *search = getenv("PATH");
  int status = 0;
  for (int i = 1; i < count; ++i) {
    char *path = process_find(words[i], search ? search : "/bin");
    if (path) puts(path);
    else status = 1;
    free(path);
  }
  return finish(status);
}
