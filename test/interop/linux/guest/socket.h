/* The socket, what it is told, and the lines that it prints. */
static int sock;
/* The association that came up last. */
static sctp_assoc_t association;

union address {
  struct sockaddr any;
  struct sockaddr_in ipv4;
  struct sockaddr_in6 ipv6;
};

__attribute__((format(printf, 1, 2))) static void emit(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  printf("\n");
  fflush(stdout);
}

static void fail(const char *what) {
  emit("{\"event\":\"error\",\"what\":\"%s\",\"message\":\"%s\"}", what, strerror(errno));
  exit(1);
}

static void set_option(int name, const void *value, size_t size, const char *what) {
  if (setsockopt(sock, IPPROTO_SCTP, name, value, (socklen_t)size) < 0) fail(what);
}

/* As set_option, but a refusal is something to print. */
static void try_option(int name, const void *value, size_t size, const char *what) {
  bool ok = setsockopt(sock, IPPROTO_SCTP, name, value, (socklen_t)size) == 0;
  emit("{\"event\":\"asked\",\"what\":\"%s\",\"error\":\"%s\"}", what, ok ? "" : strerror(errno));
}

static socklen_t size_of(const union address *address) {
  return address->any.sa_family == AF_INET6 ? sizeof address->ipv6 : sizeof address->ipv4;
}

/* Of a sockaddr_storage, which the kernel packs. */
static const char *text_of(const void *packed, char text[INET6_ADDRSTRLEN]) {
  union address address;
  memcpy(&address, packed, sizeof address);
  if (address.any.sa_family == AF_INET) return inet_ntop(AF_INET, &address.ipv4.sin_addr, text, INET6_ADDRSTRLEN);
  const struct in6_addr *ip = &address.ipv6.sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(ip)) return inet_ntop(AF_INET, ip->s6_addr + 12, text, INET6_ADDRSTRLEN);
  return inet_ntop(AF_INET6, ip, text, INET6_ADDRSTRLEN);
}

static union address parse_address(const char *text, int port) {
  union address address = { .ipv4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) } };
  if (inet_pton(AF_INET, text, &address.ipv4.sin_addr) == 1) return address;
  address = (union address){ .ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) } };
  if (inet_pton(AF_INET6, text, &address.ipv6.sin6_addr) != 1) errno = EINVAL, fail(text);
  return address;
}

/* "a,b,c", one behind the other as bindx takes them; returns the length. */
static size_t parse_addresses(const char *list, int port, char *packed) {
  char text[512];
  size_t length = 0;
  snprintf(text, sizeof text, "%s", list);
  for (char *one = strtok(text, ","); one != NULL; one = strtok(NULL, ",")) {
    union address address = parse_address(one, port);
    memcpy(packed + length, &address, size_of(&address));
    length += size_of(&address);
  }
  return length;
}

static void subscribe(void) {
  static const uint16_t types[] = {
    SCTP_ASSOC_CHANGE, SCTP_PEER_ADDR_CHANGE, SCTP_SEND_FAILED_EVENT, SCTP_REMOTE_ERROR, SCTP_SHUTDOWN_EVENT,
    SCTP_PARTIAL_DELIVERY_EVENT, SCTP_STREAM_RESET_EVENT, SCTP_ASSOC_RESET_EVENT, SCTP_STREAM_CHANGE_EVENT,
  };
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    struct sctp_event event = { .se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = types[i], .se_on = 1 };
    set_option(SCTP_EVENT, &event, sizeof event, "SCTP_EVENT");
  }
}

static void offer_interleaving(void) {
  const int level = 2;
  struct sctp_assoc_value on = { .assoc_value = 1 };
  set_option(SCTP_FRAGMENT_INTERLEAVE, &level, sizeof level, "SCTP_FRAGMENT_INTERLEAVE");
  set_option(SCTP_INTERLEAVING_SUPPORTED, &on, sizeof on, "SCTP_INTERLEAVING_SUPPORTED");
}

/* The first address by bind(), which sets the port, the others by bindx. */
static void bind_addresses(const char *list, int port) {
  char packed[1024];
  size_t length = parse_addresses(list, port, packed);
  const union address *first = (const void *)packed;
  if (bind(sock, &first->any, size_of(first)) < 0) fail("bind");
  if (length == size_of(first)) return;
  union address bound;
  socklen_t size = sizeof bound;
  if (getsockname(sock, &bound.any, &size) < 0) fail("getsockname");
  length = parse_addresses(list, ntohs(bound.ipv4.sin_port), packed);
  set_option(SCTP_SOCKOPT_BINDX_ADD, packed + size_of(first), length - size_of(first), "bindx");
}

static const char *option(int argc, char **argv, const char *name, const char *otherwise) {
  for (int i = 2; i + 1 < argc; i++)
    if (strcmp(argv[i], name) == 0) return argv[i + 1];
  return otherwise;
}

static bool has_flag(int argc, char **argv, const char *name) {
  for (int i = 2; i < argc; i++)
    if (strcmp(argv[i], name) == 0) return true;
  return false;
}

static void set_buffer(int name, const char *bytes) {
  int value = atoi(bytes) / 2; /* The kernel doubles it. */
  if (value > 0 && setsockopt(sock, SOL_SOCKET, name, &value, sizeof value) < 0) fail("buffer");
}

static void set_probes(int family, int interval) {
  struct sctp_probeinterval probe = { .spi_interval = (uint32_t)interval };
  probe.spi_address.ss_family = (sa_family_t)family;
  if (interval > 0) set_option(SCTP_PLPMTUD_PROBE_INTERVAL, &probe, sizeof probe, "SCTP_PLPMTUD_PROBE_INTERVAL");
}

static void open_socket(int argc, char **argv) {
  bool listens = argc > 2 && strcmp(argv[1], "listen") == 0;
  if (argc < (listens ? 3 : 4)) errno = EINVAL, fail("usage");
  const char *addresses = option(argc, argv, "--bind", NULL);
  int port = atoi(argv[2]);
  union address peer = listens ? parse_address("::", port) : parse_address(argv[3], port);
  /* A socket of IPv6 takes IPv4, too. */
  bool is_ipv6 = addresses != NULL ? strchr(addresses, ':') != NULL : peer.any.sa_family == AF_INET6;
  sock = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
  if (sock < 0) fail("socket");

  const int on = 1;
  const struct linger none = { .l_onoff = 1 }; /* A peer that is killed aborts, and its port is free. */
  struct sctp_initmsg init = {
    .sinit_num_ostreams = (uint16_t)atoi(option(argc, argv, "--streams", "64")), .sinit_max_instreams = 4096,
  };
  struct sctp_assoc_value resets = { .assoc_value = SCTP_ENABLE_STRRESET_MASK };
  set_option(SCTP_RECVRCVINFO, &on, sizeof on, "SCTP_RECVRCVINFO");
  set_option(SCTP_NODELAY, &on, sizeof on, "SCTP_NODELAY");
  set_option(SCTP_INITMSG, &init, sizeof init, "SCTP_INITMSG");
  set_option(SCTP_ENABLE_STREAM_RESET, &resets, sizeof resets, "SCTP_ENABLE_STREAM_RESET");
  setsockopt(sock, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  subscribe();
  set_buffer(SO_RCVBUFFORCE, option(argc, argv, "--receive-buffer", "0"));
  set_buffer(SO_SNDBUFFORCE, option(argc, argv, "--send-buffer", "4194304"));
  if (has_flag(argc, argv, "--interleaving")) offer_interleaving();
  set_probes(is_ipv6 ? AF_INET6 : AF_INET, atoi(option(argc, argv, "--probe-ms", "0")));

  int local_port = listens ? port : atoi(option(argc, argv, "--local-port", "0"));
  if (addresses == NULL) addresses = is_ipv6 ? "::" : "0.0.0.0";
  bind_addresses(addresses, local_port);
  if (fcntl(sock, F_SETFL, O_NONBLOCK) < 0) fail("fcntl");
  if (listens) {
    if (listen(sock, 16) < 0) fail("listen");
    emit("{\"event\":\"listening\",\"port\":%d}", port);
  } else if (connect(sock, &peer.any, size_of(&peer)) < 0 && errno != EINPROGRESS) {
    fail("connect");
  }
}
