// Starts a process that floods the console, and asks another, over pipes, a hundred times meanwhile; then ends the
// first, and reads lines, of which one is to say hello. It is /bin/floods.wasm.
#include <assert.h>
#include <skerry/process.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint32_t child(char *what, int in, int out) {
  char *words[] = {"floods", what, NULL}, *no_environment[] = {NULL};
  const int streams[3] = {in, out, 2};
  uint32_t number;
  assert(process_start("/bin/floods.wasm", words, no_environment, streams, &number) == 0);
  return number;
}

static void flood(void) {
  static char text[4096];
  memset(text, 'x', sizeof text);
  for (;;) write(1, text, sizeof text);
}

static void answer(void) {
  static uint32_t kept[16384];
  for (uint32_t asked, round = 0; read(0, &asked, sizeof asked) == sizeof asked; ++round) {
    for (uint32_t i = 0; i < 16384; ++i) {
      assert(kept[i] == (round ? (round - 1) * 7919 + i : 0));
      kept[i] = round * 7919 + i;
    }
    asked = ~asked;
    write(1, &asked, sizeof asked);
  }
}

int main(int count, char **words) {
  if (count > 1) {
    if (strcmp(words[1], "flood") == 0) flood();
    else answer();
    return 0;
  }
  uint32_t there[2], back[2];
  assert(skerry_pipe(there) == 0 && skerry_pipe(back) == 0);
  const uint32_t flooding = child("flood", 0, 1), answering = child("answer", there[0], back[1]);
  close(there[0]);
  close(back[1]);
  for (uint32_t i = 0; i < 100; ++i) {
    uint32_t said = 0;
    assert(write(there[1], &i, sizeof i) == sizeof i && read(back[0], &said, sizeof said) == sizeof said && said == ~i);
  }
  struct skerry_ended ended;
  assert(skerry_kill(flooding) == 0 && skerry_wait(flooding, 0, &ended) == 0 && ended.how == SKERRY_KILLED);
  close(there[1]);
  assert(skerry_wait(answering, 0, &ended) == 0 && ended.how == SKERRY_EXITED && ended.code == 0);
  puts("\nanswers: 100");
  char line[2000];
  while (fgets(line, sizeof line, stdin)) {
    if (strcmp(line, "hello\n") == 0) puts("heard");
  }
  return 0;
}
