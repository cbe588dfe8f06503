// What programs that start programs share (skerry/process.h).

#include <errno.h>
#include <skerry/process.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wasi/api.h>
#include <wasi/libc-find-relpath.h>

// The caller's preopened directories, which do not change. They begin at descriptor 3, one after another.
static struct skerry_pass *directories;
static uint32_t directory_count;

static int find_directories(void) {
  if (directories) return 0;
  struct skerry_pass *found = malloc(sizeof *found);
  uint32_t count = 0;
  __wasi_prestat_t about;
  for (__wasi_fd_t fd = 3; found && __wasi_fd_prestat_get(fd, &about) == 0; ++fd) {
    uint32_t size = about.u.dir.pr_name_len;
    char *name = malloc(size + 1);
    struct skerry_pass *larger = name ? realloc(found, (count + 1) * sizeof *found) : NULL;
    if (!larger) return ENOMEM;
    found = larger;
    int error = __wasi_fd_prestat_dir_name(fd, (uint8_t *)name, size);
    if (error) return error;
    found[count++] = (struct skerry_pass){fd, name, size};
  }
  if (!found) return ENOMEM;
  directories = found;
  directory_count = count;
  return 0;
}

// The texts in one piece, a zero byte behind each.
static char *join(char *const texts[], uint32_t *size) {
  size_t total = 0;
  for (char *const *text = texts; *text; ++text) total += strlen(*text) + 1;
  char *joined = malloc(total + 1);
  if (!joined) return NULL;
  char *at = joined;
  for (char *const *text = texts; *text; ++text) {
    size_t length = strlen(*text) + 1;
    memcpy(at, *text, length);
    at += length;
  }
  *size = total;
  return joined;
}

int process_start(const char *path, char *const arguments[], char *const environment[], const int descriptors[3],
                  uint32_t *number) {
  const struct skerry_request no_limits = {0};
  return process_start_limited(path, arguments, environment, descriptors, &no_limits, number);
}

int process_start_limited(const char *path, char *const arguments[], char *const environment[], const int descriptors[3],
                          const struct skerry_request *limits, uint32_t *number) {
  int error = find_directories();
  if (error) return error;
  struct skerry_request request = *limits;
  request.flags = SKERRY_LIMITED;
  size_t relative_size = strlen(path) + 256;
  char *relative = malloc(relative_size), *within = relative;
  struct skerry_pass *passes = malloc((3 + directory_count) * sizeof *passes);
  char *joined_arguments = join(arguments, &request.arguments_size);
  char *joined_environment = join(environment, &request.environment_size);
  const char *prefix;
  int directory = -1;
  if (!relative || !passes || !joined_arguments || !joined_environment) error = ENOMEM;
  else if ((directory = __wasilibc_find_relpath(path, &prefix, &within, relative_size)) < 0) error = errno;
  if (!error) {
    for (int i = 0; i < 3; ++i) passes[i] = (struct skerry_pass){descriptors[i], NULL, 0};
    memcpy(passes + 3, directories, directory_count * sizeof *passes);
    request.directory = directory;
    request.path = within;
    request.path_size = strlen(within);
    request.arguments = joined_arguments;
    request.environment = joined_environment;
    request.passes = passes;
    request.pass_count = 3 + directory_count;
    error = skerry_spawn(&request, number);
  }
  free(joined_environment);
  free(joined_arguments);
  free(passes);
  free(relative);
  return error;
}

static bool is_file(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

char *process_find(const char *name, const char *search) {
  if (strchr(name, '/')) search = "";
  for (;;) {
    size_t folder = strcspn(search, ":");
    char *path = malloc(folder + strlen(name) + sizeof "/.wasm");
    if (!path) return NULL;
    memcpy(path, search, folder);
    strcpy(path + folder, folder ? "/" : "");
    strcat(path, name);
    if (is_file(path)) return path;
    strcat(path, ".wasm");
    if (is_file(path)) return path;
    free(path);
    if (!search[folder]) return NULL;
    search += folder + 1;
  }
}

int process_status(const struct skerry_ended *ended) {
  return ended->how == SKERRY_EXITED ? (int)ended->code : ended->how == SKERRY_TRAPPED ? 134 : 137;
}
