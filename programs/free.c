// free: the machine's memory, in KiB, as /proc/meminfo has it

#include <string.h>

#include "programs/tool.h"

const char *tool_name = "free";

int main(int count, char **) {
  if (count > 1) usage("");
  static const char *const names[] = {"MemTotal:", "MemFree:", "MemAvailable:"};
  unsigned long long sizes[3] = {0}, size;
  FILE *file = fopen("/proc/meminfo", "r");
  if (!file) {
    complain("/proc/meminfo");
    return 1;
  }
  char name[32];
  while (fscanf(file, "%31s %llu kB", name, &size) == 2) {
    for (int i = 0; i < 3; ++i) {
      if (strcmp(name, names[i]) == 0) sizes[i] = size;
    }
  }
  fclose(file);
  puts("       total        used        free   available");
  printf("%12llu%12llu%12llu%12llu\n", sizes[0], sizes[0] - sizes[1], sizes[1], sizes[2]);
  return finish(0);
}
