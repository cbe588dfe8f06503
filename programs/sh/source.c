// Where commands come from. A descriptor is read byte by byte, so that what follows a command is left for the
// program that it starts.

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "programs/sh/sh.h"

bool source_more(Source *source) {
  if (source->descriptor < 0 || source->has_ended) return false;
  if (source->prompts) {
    const char *prompt = variable(source->text.size ? "PS2" : "PS1");
    write(2, prompt, strlen(prompt));
  }
  for (;;) {
    char c;
    ssize_t got = read(source->descriptor, &c, 1);
    if (got < 0 && errno == EINTR) {
      if (source->prompts) write(2, "\n", 1);
      interrupted = true;
      return false;
    }
    if (got <= 0) {
      source->has_ended = true;
      if (source->prompts) write(2, "\n", 1);
      return source->at < source->text.size;
    }
    if (c == 0) continue;
    text_put(&source->text, c);
    if (c == '\n') return true;
  }
}

void source_drop(Source *source) {
  if (!source->text.bytes) return;
  source->text.size -= source->at;
  memmove(source->text.bytes, source->text.bytes + source->at, source->text.size + 1);
  source->at = 0;
}
