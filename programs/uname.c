// uname [-ams]: the system, the machine (-m), or both (-a), as /proc/version has them

#include <string.h>

#include "programs/tool.h"

const char *tool_name = "uname";

int main(int count, char **words) {
  bool given[256] = {0};
  if (parse_options(words, "ams", given, "[-ams]") < count) usage("[-ams]");
  char system[64] = "Skerry", machine[64] = "unknown";
  FILE *file = fopen("/proc/version", "r");
  if (file) {
    if (fscanf(file, "%63s %63s", system, machine) < 2) strcpy(machine, "unknown");
    fclose(file);
  }
  if (given['a'] || (given['m'] && given['s'])) printf("%s %s\n", system, machine);
  else puts(given['m'] ? machine : system);
  return finish(0);
}
