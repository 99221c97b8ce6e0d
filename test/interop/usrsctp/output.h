/* What the peer prints: one JSON object a line. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void emit(const char *format, ...) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  va_list arguments;
  va_start(arguments, format);
  pthread_mutex_lock(&mutex);
  vprintf(format, arguments);
  putchar('\n');
  fflush(stdout);
  pthread_mutex_unlock(&mutex);
  va_end(arguments);
}

static void fail(const char *what) {
  emit("{\"event\":\"error\",\"what\":\"%s\",\"message\":\"%s\"}", what, strerror(errno));
  exit(1);
}
