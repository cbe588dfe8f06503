// stat PATH...: what is known of files

#include <sys/stat.h>
#include <time.h>

#include "programs/tool.h"

const char *tool_name = "stat";

static void show_time(const char *what, struct timespec time) {
  char text[32] = "";
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime(&time.tv_sec));
  printf("%s: %s.%09ld\n", what, text, time.tv_nsec);
}

int main(int count, char **words) {
  if (count < 2) usage("PATH...");
  int status = 0;
  for (int i = 1; i < count; ++i) {
    struct stat about;
    if (lstat(words[i], &about) < 0) {
      complain(words[i]);
      status = 1;
      continue;
    }
    const char *kind = S_ISREG(about.st_mode)   ? "file"
                       : S_ISDIR(about.st_mode) ? "folder"
                       : S_ISLNK(about.st_mode) ? "symbolic link"
                       : S_ISCHR(about.st_mode) ? "character device"
                                                : "something else";
    printf("%s: %s, %lld bytes, device %llu, inode %llu, %llu names\n", words[i], kind, (long long)about.st_size,
           (unsigned long long)about.st_dev, (unsigned long long)about.st_ino, (unsigned long long)about.st_nlink);
    show_time("accessed", about.st_atim);
    show_time("modified", about.st_mtim);
    show_time("changed", about.st_ctim);
  }
  return finish(status);
}
