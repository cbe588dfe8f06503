// A speed test of SQLite, in memory: rows that come one by one, with and without an index; look-ups, joins, groups, sorting
// and searches of text; changes and removals. Prints a sum of what each step found.
#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

static sqlite3 *db;

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
  exit(1);
}

static void execute(const char *sql) {
  if (sqlite3_exec(db, sql, 0, 0, 0) != SQLITE_OK) fail(sql);
}

static sqlite3_stmt *prepare(const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, 0) != SQLITE_OK) fail(sql);
  return statement;
}

static unsigned state = 1;
static unsigned next(unsigned below) {
  state = state * 1664525u + 1013904223u;
  return (unsigned)((unsigned long long)state * below >> 32);
}

static void insert(const char *table, int rows) {
  static const char *const words[] = {"rock", "sea", "alone", "gull", "tide", "foam", "salt", "light"};
  char text[80];
  snprintf(text, sizeof text, "INSERT INTO %s VALUES (?, ?, ?)", table);
  sqlite3_stmt *statement = prepare(text);
  execute("BEGIN");
  for (int i = 0; i < rows; i++) {
    int length = snprintf(text, sizeof text, "%s %s %s %u", words[next(8)], words[next(8)], words[next(8)], next(1000));
    sqlite3_bind_int(statement, 1, i);
    sqlite3_bind_int(statement, 2, (int)next((unsigned)rows));
    sqlite3_bind_text(statement, 3, text, length, SQLITE_TRANSIENT);
    if (sqlite3_step(statement) != SQLITE_DONE) fail("insert");
    sqlite3_reset(statement);
  }
  execute("COMMIT");
  sqlite3_finalize(statement);
}

// The statement for numbers below `range`, so many times; adds up what it answers.
static void ask(const char *name, const char *sql, int times, unsigned range) {
  sqlite3_stmt *statement = prepare(sql);
  long long sum = 0, rows = 0;
  for (int i = 0; i < times; i++) {
    sqlite3_bind_int(statement, 1, (int)next(range));
    while (sqlite3_step(statement) == SQLITE_ROW) {
      for (int column = 0; column < sqlite3_column_count(statement); column++) sum += sqlite3_column_int64(statement, column);
      rows++;
    }
    sqlite3_reset(statement);
  }
  sqlite3_finalize(statement);
  printf("%s %lld %lld\n", name, rows, sum);
}

int main(int argc, char **argv) {
  int rows = argc > 1 ? atoi(argv[1]) : 80000;
  if (sqlite3_open(":memory:", &db) != SQLITE_OK) fail("open");
  execute("CREATE TABLE plain (id INTEGER, number INTEGER, text TEXT)");
  execute("CREATE TABLE keyed (id INTEGER PRIMARY KEY, number INTEGER, text TEXT)");
  execute("CREATE INDEX keyed_number ON keyed (number)");
  insert("plain", rows);
  insert("keyed", rows);
  unsigned range = (unsigned)rows;
  ask("scan", "SELECT count(*), sum(number) FROM plain WHERE number BETWEEN ?1 AND ?1 + 1000", 20, range);
  ask("search", "SELECT count(*) FROM plain WHERE text LIKE '%tide%foam%' AND number > ?1", 10, range);
  ask("key", "SELECT number, length(text) FROM keyed WHERE id = ?1", rows * 2, range);
  ask("index", "SELECT id FROM keyed WHERE number BETWEEN ?1 AND ?1 + 5", rows, range);
  ask("join", "SELECT count(*), sum(a.id) FROM keyed a JOIN keyed b ON b.number = a.id WHERE a.number < ?1", 5, range);
  ask("group", "SELECT substr(text, 1, 6), count(*), sum(number) FROM plain WHERE id > ?1 GROUP BY 1 ORDER BY 2 DESC", 5, range);
  ask("sort", "SELECT id FROM plain WHERE id > ?1 ORDER BY text, number LIMIT 100", 3, range);
  execute("UPDATE keyed SET number = number * 3 % 9973, text = upper(text) WHERE id % 3 = 0");
  execute("DELETE FROM keyed WHERE id % 5 = 0");
  execute("CREATE INDEX plain_text ON plain (text)");
  ask("left", "SELECT count(*), sum(number), sum(length(text)) FROM keyed WHERE id > ?1", 1, 1);
  sqlite3_close(db);
}
