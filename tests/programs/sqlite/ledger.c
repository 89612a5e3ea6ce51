/* A ledger in SQLite. Each transaction adds a batch of entries and moves money between accounts;
 * what a batch holds follows from its number, so that a reader can tell whether it is whole.
 *
 *   ledger insert JOURNAL COUNT   checks what is there, then adds COUNT batches; says each commit
 *   ledger list JOURNAL           says what is there, and makes a compact copy of it, /copy.db
 *
 * WASI has no locks: the VFS is SQLite's own for Unix without them, "unix-none". Nor has it modes
 * of files, and SQLite calls its missing fchmod all the same, for temporary files: it is given one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "sqlite3.h"

static sqlite3* db;

static void stop(const char* what) {
  fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
  exit(1);
}

static void run(const char* sql) {
  if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) stop(sql);
}

static int print_row(void* prefix, int count, char** values, char** names) {
  (void)names;
  fputs(prefix, stdout);
  for (int i = 0; i < count; ++i)
    printf(" %s", values[i] != NULL ? values[i] : "null");
  putchar('\n');
  return 0;
}

static void print(const char* prefix, const char* sql) {
  if (sqlite3_exec(db, sql, print_row, (void*)prefix, NULL) != SQLITE_OK) stop(sql);
}

static sqlite3_stmt* prepare(const char* sql) {
  sqlite3_stmt* statement;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) stop(sql);
  return statement;
}

static void step(sqlite3_stmt* statement) {
  if (sqlite3_step(statement) != SQLITE_DONE || sqlite3_reset(statement) != SQLITE_OK) stop("step");
}

static int keep_mode(int fd, mode_t mode) {
  (void)fd, (void)mode;
  return 0;
}

static void open_ledger(const char* journal) {
  char pragma[64];
  sqlite3_config(SQLITE_CONFIG_PMASZ, 16U); /* pages that are sorted in memory */
  sqlite3_vfs* vfs = sqlite3_initialize() == SQLITE_OK ? sqlite3_vfs_find("unix-none") : NULL;
  if (vfs == NULL || vfs->xSetSystemCall(vfs, "fchmod", (sqlite3_syscall_ptr)keep_mode) != 0) {
    stop("unix-none");
  }
  if (sqlite3_open_v2("/ledger.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "unix-none") !=
      SQLITE_OK) {
    stop("open");
  }
  snprintf(pragma, sizeof pragma, "PRAGMA journal_mode = %s", journal);
  print("journal", pragma);
  run("PRAGMA synchronous = FULL");
  run("PRAGMA cache_size = 16"); /* pages: changes reach the file before they are committed */
  print("integrity", "PRAGMA integrity_check");
  run("BEGIN;"
      "CREATE TABLE IF NOT EXISTS entry(batch INTEGER, line INTEGER, text TEXT,"
      "  PRIMARY KEY (batch, line)) WITHOUT ROWID;"
      "CREATE INDEX IF NOT EXISTS entry_text ON entry(text);"
      "CREATE TABLE IF NOT EXISTS account(id INTEGER PRIMARY KEY, amount INTEGER);"
      "INSERT OR IGNORE INTO account"
      "  WITH RECURSIVE ids(id) AS (VALUES(0) UNION ALL SELECT id + 1 FROM ids WHERE id < 99)"
      "  SELECT id, 1000 FROM ids;"
      "COMMIT");
}

static int last_batch(void) {
  sqlite3_stmt* statement = prepare("SELECT coalesce(max(batch), 0) FROM entry");
  if (sqlite3_step(statement) != SQLITE_ROW) stop("last batch");
  const int last = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  return last;
}

static void add_entry(sqlite3_stmt* add, int batch, int line) {
  char text[1000];
  const int length = 1 + (batch * 31 + line * 17) % 900;
  memset(text, 'a' + (batch + line) % 26, (size_t)length);
  sqlite3_bind_int(add, 1, batch);
  sqlite3_bind_int(add, 2, line);
  sqlite3_bind_text(add, 3, text, length, SQLITE_STATIC);
  step(add);
}

static void move_money(sqlite3_stmt* pay, int account, int amount) {
  sqlite3_bind_int(pay, 1, amount);
  sqlite3_bind_int(pay, 2, account);
  step(pay);
}

static void insert(int count) {
  sqlite3_stmt* add = prepare("INSERT INTO entry VALUES (?, ?, ?)");
  sqlite3_stmt* pay = prepare("UPDATE account SET amount = amount + ? WHERE id = ?");
  const int first = last_batch() + 1;
  for (int batch = first; batch < first + count; ++batch) {
    run("BEGIN IMMEDIATE");
    for (int line = 0; line < 1 + batch * 7 % 40; ++line)
      add_entry(add, batch, line);
    move_money(pay, batch % 100, -batch);
    move_money(pay, batch * 3 % 100, batch);
    run("COMMIT");
    printf("committed %d\n", batch);
    fflush(stdout);
  }
  sqlite3_finalize(add);
  sqlite3_finalize(pay);
}

static void list(void) {
  run("PRAGMA temp_store = FILE");
  print("batch", "SELECT batch, count(*), sum(length(text)) FROM entry GROUP BY batch");
  print("money", "SELECT sum(amount) FROM account");
  print("account", "SELECT id, amount FROM account ORDER BY id");
  /* Sorted in a temporary file, for the cache is small: by the ends of the texts, longest first. */
  print("longest",
        "SELECT batch, line FROM (SELECT batch, line, length(text) AS size, text || batch AS key"
        "  FROM entry ORDER BY size DESC, key) LIMIT 1");
  run("VACUUM INTO '/copy.db'");
  run("ATTACH '/copy.db' AS copy");
  print("differ", "SELECT count(*) FROM (SELECT * FROM entry EXCEPT SELECT * FROM copy.entry)");
  print("copy", "PRAGMA copy.integrity_check");
}

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "insert") == 0) {
    open_ledger(argv[2]);
    insert(atoi(argv[3]));
  } else if (argc == 3 && strcmp(argv[1], "list") == 0) {
    open_ledger(argv[2]);
    list();
  } else {
    fprintf(stderr, "usage: insert JOURNAL COUNT | list JOURNAL\n");
    return 2;
  }
  return sqlite3_close(db) == SQLITE_OK ? 0 : 1;
}
