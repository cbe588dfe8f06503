// date [+FORMAT]: the time, as strftime has it, in UTC

#include <time.h>

#include "programs/tool.h"

const char *tool_name = "date";

int main(int count, char **words) {
  if (count > 2 || (count == 2 && words[1][0] != '+')) usage("[+FORMAT]");
  const char *format = count == 2 ? words[1] + 1 : "%a %b %e %H:%M:%S UTC %Y";
  time_t now = time(NULL);
  char text[1024];
  if (*format && strftime(text, sizeof text, format, gmtime(&now)) == 0) {
    fprintf(stderr, "date: too long\n");
    return 1;
  }
  puts(*format ? text : "");
  return finish(0);
}
