// Changes what it finds in /work in every way, and tells what it saw.
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *path) {
  DIR *directory = opendir(path);
  assert(directory);
  char *names[100];
  int count = 0;
  for (struct dirent *entry; (entry = readdir(directory));) names[count++] = strdup(entry->d_name);
  closedir(directory);
  qsort(names, count, sizeof *names, compare);
  printf("%s:", path);
  for (int i = 0; i < count; ++i) printf(" %s", names[i]);
  printf("\n");
}

static void show(const char *path) {
  char text[100] = "";
  FILE *file = fopen(path, "r");
  if (!file) {
    printf("%s: %s\n", path, strerror(errno));
    return;
  }
  fread(text, 1, sizeof text - 1, file);
  fclose(file);
  printf("%s: %s\n", path, text);
}

static void write_to(const char *path, const char *mode, const char *text) {
  FILE *file = fopen(path, mode);
  if (!file) {
    printf("%s: %s\n", path, strerror(errno));
    return;
  }
  fputs(text, file);
  assert(fclose(file) == 0);
}

int main(void) {
  list("/work");
  list("/work/folder");
  show("/work/kept");
  show("/work/link");
  show("/work/escape");
  show("/read/only");

  write_to("/work/changed", "a", " more");
  write_to("/work/new", "w", "brand new");
  assert(unlink("/work/gone") == 0);
  assert(rename("/work/moved", "/work/folder/here") == 0);
  assert(mkdir("/work/made", 0777) == 0);
  write_to("/work/made/inside", "w", "in");
  assert(symlink("made/inside", "/work/pointer") == 0);
  assert(rename("/work/tree", "/work/forest") == 0);
  assert(rmdir("/work/empty") == 0);
  assert(truncate("/work/cut", 3) == 0);
  show("/work/pointer");
  write_to("/read/new", "w", "x");
  if (unlink("/read/only") < 0) printf("unlink: %s\n", strerror(errno));
  struct stat info;
  assert(stat("/work/kept", &info) == 0);
  printf("kept: %lld bytes of %lld\n", (long long)info.st_size, (long long)info.st_mtim.tv_sec);
  list("/work");
  return 0;
}
