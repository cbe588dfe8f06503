// ps: the processes that have not ended

#include <errno.h>
#include <skerry/process.h>
#include <stdio.h>
#include <stdlib.h>

#include "programs/tool.h"

const char *tool_name = "ps";

int main(int count, char **) {
  if (count > 1) usage("");
  for (uint32_t room = 64;; room *= 2) {
    struct skerry_process *list = malloc(room * sizeof *list);
    uint32_t stored = 0;
    errno = list ? skerry_list(list, room, &stored) : ENOMEM;
    if (errno) {
      complain("the list");
      return 1;
    }
    if (stored < room) {
      puts("NUMBER PARENT  SECONDS NAME");
      for (uint32_t i = 0; i < stored; ++i) {
        printf("%6lu %6lu %8.3f %s\n", (unsigned long)list[i].number, (unsigned long)list[i].parent,
               (double)list[i].processor_ns / 1e9, list[i].name);
      }
      free(list);
      return finish(0);
    }
    free(list);
  }
}
