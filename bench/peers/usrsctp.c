/*
 * usrsctp as a peer of the benchmarks: SCTP over UDP encapsulation (RFC 6951) on the loopback interface.
 *
 *   usrsctp ROLE [--udp-port N] [--port N] [--message-size N] [--mtu N] [--seconds S] [--warm-up S] [--concurrency N]
 *
 * The roles are those of harness/roles.mjs: sink, flood, echo, ping, accept, comeAndGo. `--udp-port` is our UDP port, `--port`
 * the peer's. It prints {"event":"listening","value":PORT} and {"event":"result","value":…}, and ends when its standard input
 * does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <usrsctp.h>

enum { SCTP_PORT = 5000, BUFFER_SIZE = 4 * 1024 * 1024, MOST_TIMES = 4 * 1024 * 1024, MOST_THREADS = 64 };

static struct {
  const char *role;
  unsigned udp_port, port, message_size, mtu, concurrency;
  double seconds, warm_up;
} options = { .message_size = 64, .concurrency = 1, .seconds = 1.5, .warm_up = 0.75 };

static _Atomic uint64_t messages, bytes;

static void fail(const char *what) {
  fprintf(stderr, "error: %s: %s\n", what, strerror(errno));
  _exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void wait_seconds(double seconds) {
  usleep((useconds_t)(seconds * 1e6));
}

static void parse_options(int argc, char **argv) {
  if (argc < 2 || argc % 2 != 0) exit(2);
  options.role = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const char *name = argv[i], *value = argv[i + 1];
    if (strcmp(name, "--udp-port") == 0) options.udp_port = (unsigned)atoi(value);
    else if (strcmp(name, "--port") == 0) options.port = (unsigned)atoi(value);
    else if (strcmp(name, "--message-size") == 0) options.message_size = (unsigned)atoi(value);
    else if (strcmp(name, "--mtu") == 0) options.mtu = (unsigned)atoi(value);
    else if (strcmp(name, "--concurrency") == 0) options.concurrency = (unsigned)atoi(value);
    else if (strcmp(name, "--seconds") == 0) options.seconds = atof(value);
    else if (strcmp(name, "--warm-up") == 0) options.warm_up = atof(value);
    else exit(2);
  }
  if (options.concurrency > MOST_THREADS) options.concurrency = MOST_THREADS;
}

static bool has_role(const char *role) {
  return strcmp(options.role, role) == 0;
}

/* ---- The stack and its sockets ---- */

/* usrsctp keeps the system's small buffers on its UDP socket and does not hand the socket out. */
static void enlarge_udp_buffers(void) {
  for (int descriptor = 3; descriptor < 32; descriptor++) {
    int type = 0, size = BUFFER_SIZE;
    socklen_t length = sizeof type;
    if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_DGRAM) continue;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  }
}

static void start_stack(void) {
  usrsctp_init((uint16_t)options.udp_port, NULL, NULL);
  enlarge_udp_buffers();
  /* It would neither write nor check CRC32c between loopback addresses, as no real path allows. */
  usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
  usrsctp_sysctl_set_sctp_ecn_enable(0);
}

static void set_option(struct socket *sock, int name, const void *value, socklen_t length, const char *what) {
  if (usrsctp_setsockopt(sock, IPPROTO_SCTP, name, value, length) != 0) fail(what);
}

static struct sockaddr_in loopback(unsigned port) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static struct socket *open_socket(unsigned port) {
  struct socket *sock = usrsctp_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
  if (sock == NULL) fail("socket");
  int size = BUFFER_SIZE, on = 1;
  if (usrsctp_setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) != 0) fail("SO_RCVBUF");
  if (usrsctp_setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) != 0) fail("SO_SNDBUF");
  set_option(sock, SCTP_NODELAY, &on, sizeof on, "SCTP_NODELAY");
  uint32_t delivery_point = BUFFER_SIZE / 2;
  set_option(sock, SCTP_PARTIAL_DELIVERY_POINT, &delivery_point, sizeof delivery_point, "SCTP_PARTIAL_DELIVERY_POINT");
  if (options.mtu != 0) {
    struct sctp_paddrparams path = { .spp_pathmtu = options.mtu, .spp_flags = SPP_PMTUD_DISABLE };
    path.spp_address.ss_family = AF_INET;
    set_option(sock, SCTP_PEER_ADDR_PARAMS, &path, sizeof path, "SCTP_PEER_ADDR_PARAMS");
  }
  /* The peer's UDP port; a listener takes it from the packets that come. */
  struct sctp_udpencaps encapsulation = { .sue_port = htons((uint16_t)options.port) };
  encapsulation.sue_address.ss_family = AF_INET;
  set_option(sock, SCTP_REMOTE_UDP_ENCAPS_PORT, &encapsulation, sizeof encapsulation, "SCTP_REMOTE_UDP_ENCAPS_PORT");
  struct sockaddr_in local = loopback(port);
  if (usrsctp_bind(sock, (struct sockaddr *)&local, sizeof local) != 0) fail("bind");
  return sock;
}

static struct socket *open_listener(void) {
  struct socket *listener = open_socket(SCTP_PORT);
  if (usrsctp_listen(listener, 128) != 0) fail("listen");
  printf("{\"event\":\"listening\",\"value\":%u}\n", options.udp_port);
  return listener;
}

static struct socket *accept_one(struct socket *listener) {
  struct socket *sock = usrsctp_accept(listener, NULL, NULL);
  if (sock == NULL) fail("accept");
  return sock;
}

static struct socket *connect_one(void) {
  struct socket *sock = open_socket(0);
  struct sockaddr_in remote = loopback(SCTP_PORT);
  if (usrsctp_connect(sock, (struct sockaddr *)&remote, sizeof remote) != 0) fail("connect");
  return sock;
}

/* Ends with an ABORT. */
static void abort_socket(struct socket *sock) {
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };
  usrsctp_setsockopt(sock, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  usrsctp_close(sock);
}

static ssize_t receive(struct socket *sock, void *buffer, int *flags) {
  struct sctp_rcvinfo info;
  socklen_t info_length = sizeof info;
  unsigned type = 0;
  *flags = 0;
  return usrsctp_recvv(sock, buffer, BUFFER_SIZE, NULL, NULL, &info, &info_length, &type, flags);
}

static bool send_message(struct socket *sock, const void *data, size_t length) {
  struct sctp_sndinfo info = { .snd_ppid = htonl(51) };
  return usrsctp_sendv(sock, data, length, NULL, 0, &info, sizeof info, SCTP_SENDV_SNDINFO, 0) >= 0;
}

/* ---- Roles ---- */

/* The rule of harness/meter.mjs: the first message begins the warm-up, the window follows it. */
static void *measure(void *unused) {
  (void)unused;
  while (messages == 0) usleep(1000);
  wait_seconds(options.warm_up);
  double begin = now();
  uint64_t messages_before = messages, bytes_before = bytes;
  wait_seconds(options.seconds);
  double seconds = now() - begin;
  printf("{\"event\":\"result\",\"value\":{\"messagesPerSecond\":%.1f,\"bytesPerSecond\":%.1f}}\n",
         (double)(messages - messages_before) / seconds, (double)(bytes - bytes_before) / seconds);
  return NULL;
}

static void sink(void) {
  pthread_t meter;
  if (pthread_create(&meter, NULL, measure, NULL) != 0) fail("thread");
  struct socket *sock = accept_one(open_listener());
  uint8_t *buffer = malloc(BUFFER_SIZE);
  for (;;) {
    int flags;
    ssize_t length = receive(sock, buffer, &flags);
    if (length < 0 && errno != EINTR) fail("receive");
    if (length == 0) break;
    if (length < 0 || (flags & MSG_NOTIFICATION) != 0) continue;
    bytes += (uint64_t)length;
    if ((flags & MSG_EOR) != 0) messages++;
  }
}

static void flood(void) {
  struct socket *sock = connect_one();
  uint8_t *message = calloc(1, options.message_size);
  while (send_message(sock, message, options.message_size))
    ;
  fail("send");
}

static void echo(void) {
  struct socket *sock = accept_one(open_listener());
  uint8_t *buffer = malloc(BUFFER_SIZE);
  for (;;) {
    int flags;
    ssize_t length = receive(sock, buffer, &flags);
    if (length == 0) break;
    if (length < 0 || (flags & MSG_NOTIFICATION) != 0) continue;
    if (!send_message(sock, buffer, (size_t)length)) fail("send");
  }
}

static int compare(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
}

static double quantile(const double *sorted, size_t count, double share) {
  size_t index = (size_t)((double)count * share);
  return sorted[index < count ? index : count - 1];
}

static void ping(void) {
  struct socket *sock = connect_one();
  uint8_t *buffer = calloc(1, BUFFER_SIZE);
  double *times = malloc(MOST_TIMES * sizeof *times);
  size_t count = 0;
  double warm_until = now() + options.warm_up, end = warm_until + options.seconds;
  while (count < MOST_TIMES) {
    double sent_at = now();
    if (!send_message(sock, buffer, options.message_size)) fail("send");
    int flags = MSG_NOTIFICATION;
    ssize_t length = 1;
    while (length > 0 && (flags & MSG_NOTIFICATION) != 0) length = receive(sock, buffer, &flags);
    if (length <= 0) fail("receive");
    double at = now();
    if (at >= warm_until) times[count++] = at - sent_at;
    if (at >= end) break;
  }
  qsort(times, count, sizeof *times, compare);
  printf("{\"event\":\"result\",\"value\":{\"p50\":%.0f,\"p99\":%.0f}}\n", quantile(times, count, 0.5) * 1e9,
         quantile(times, count, 0.99) * 1e9);
}

/* Waits for the peer's ABORT. */
static void *wait_for_end(void *argument) {
  struct socket *sock = argument;
  uint8_t byte;
  int flags = 0;
  while (usrsctp_recvv(sock, &byte, sizeof byte, NULL, NULL, NULL, NULL, NULL, &flags) > 0)
    ;
  usrsctp_close(sock);
  return NULL;
}

static void accept_all(void) {
  struct socket *listener = open_listener();
  for (;;) {
    pthread_t waiter;
    if (pthread_create(&waiter, NULL, wait_for_end, accept_one(listener)) != 0) fail("thread");
    pthread_detach(waiter);
  }
}

static double begin_counting, end_counting;

static void *come_and_go_alone(void *unused) {
  (void)unused;
  for (double at = 0; at < end_counting;) {
    struct socket *sock = connect_one();
    at = now();
    if (at >= begin_counting && at < end_counting) messages++;
    abort_socket(sock);
  }
  return NULL;
}

static void come_and_go(void) {
  pthread_t threads[MOST_THREADS];
  begin_counting = now() + options.warm_up;
  end_counting = begin_counting + options.seconds;
  for (unsigned i = 0; i < options.concurrency; i++)
    if (pthread_create(&threads[i], NULL, come_and_go_alone, NULL) != 0) fail("thread");
  /* Nobody is waited for: a thread whose connect never returns counts for what it did. */
  wait_seconds(options.warm_up + options.seconds);
  printf("{\"event\":\"result\",\"value\":%.1f}\n", (double)messages / options.seconds);
}

/* ---- The program ---- */

/* Whoever measures ends it by closing its input. */
static void *watch_input(void *unused) {
  (void)unused;
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0)
    ;
  _exit(0);
}

int main(int argc, char **argv) {
  pthread_t watcher;
  parse_options(argc, argv);
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (pthread_create(&watcher, NULL, watch_input, NULL) != 0) fail("thread");
  start_stack();
  if (has_role("sink")) sink();
  else if (has_role("flood")) flood();
  else if (has_role("echo")) echo();
  else if (has_role("ping")) ping();
  else if (has_role("accept")) accept_all();
  else if (has_role("comeAndGo")) come_and_go();
  else return 2;
  pthread_join(watcher, NULL);
  return 0;
}
