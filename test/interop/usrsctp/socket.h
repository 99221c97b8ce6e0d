/* The one socket of the peer, set up as the options say. */
#include <usrsctp.h>
#include "interfaces.h"

enum { BUFFER_SIZE = 4 * 1024 * 1024, DELIVERY_POINT = 2 * 1024 * 1024 };
/* A socket option of usrsctp (RFC 8260) that its header does not declare. */
enum { SCTP_INTERLEAVING_SUPPORTED_OPTION = 0x1206 };

static struct socket *sock;

static void set_option(int name, const void *value, socklen_t length, const char *what) {
  if (usrsctp_setsockopt(sock, IPPROTO_SCTP, name, value, length) != 0) fail(what);
}

/*
 * usrsctp keeps the system's small receive buffer on its UDP socket and does not hand the socket out: bursts would be
 * lost in it and every run would wait for retransmissions.
 */
static void enlarge_udp_buffers(void) {
  for (int descriptor = 3; descriptor < 32; descriptor++) {
    int type = 0, size = BUFFER_SIZE;
    socklen_t length = sizeof type;
    if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_DGRAM) continue;
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  }
}

static void open_socket(void) {
  if (!set_own_addresses(options.bind)) fail("bind address");
  usrsctp_init((uint16_t)options.udp_port, NULL, NULL);
  enlarge_udp_buffers();
  /* On by default: it would neither write nor check CRC32c between loopback addresses. */
  usrsctp_sysctl_set_sctp_no_csum_on_loopback(0);
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  if (options.no_pr) usrsctp_sysctl_set_sctp_pr_enable(0);
  if (options.heartbeat_ms != 0) usrsctp_sysctl_set_sctp_heartbeat_interval_default(options.heartbeat_ms);

  sock = usrsctp_socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP, NULL, NULL, 0, NULL);
  if (sock == NULL) fail("socket");
  int size = BUFFER_SIZE, on = 1;
  if (usrsctp_setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) != 0) fail("SO_RCVBUF");
  if (usrsctp_setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) != 0) fail("SO_SNDBUF");
  set_option(SCTP_RECVRCVINFO, &on, sizeof on, "SCTP_RECVRCVINFO");
  set_option(SCTP_NODELAY, &on, sizeof on, "SCTP_NODELAY");
  uint32_t delivery_point = DELIVERY_POINT;
  set_option(SCTP_PARTIAL_DELIVERY_POINT, &delivery_point, sizeof delivery_point, "SCTP_PARTIAL_DELIVERY_POINT");

  struct sctp_initmsg init = {
    .sinit_num_ostreams = (uint16_t)options.streams,
    .sinit_max_instreams = MAX_STREAMS,
    .sinit_max_attempts = (uint16_t)options.init_attempts,
  };
  set_option(SCTP_INITMSG, &init, sizeof init, "SCTP_INITMSG");
  struct sctp_rtoinfo rto = {
    .srto_initial = options.rto_initial, .srto_min = options.rto_min, .srto_max = options.rto_max,
  };
  set_option(SCTP_RTOINFO, &rto, sizeof rto, "SCTP_RTOINFO");
  if (options.sack_delay != 0) {
    struct sctp_sack_info sack = { .sack_delay = options.sack_delay };
    set_option(SCTP_DELAYED_SACK, &sack, sizeof sack, "SCTP_DELAYED_SACK");
  }
  if (options.mtu != 0 || options.no_heartbeat || options.path_max_retrans != 0) {
    struct sctp_paddrparams path = {
      .spp_pathmtu = options.mtu, .spp_pathmaxrxt = (uint16_t)options.path_max_retrans,
    };
    path.spp_address.ss_family = AF_INET;
    if (options.mtu != 0) path.spp_flags |= SPP_PMTUD_DISABLE;
    if (options.no_heartbeat) path.spp_flags |= SPP_HB_DISABLE;
    set_option(SCTP_PEER_ADDR_PARAMS, &path, sizeof path, "SCTP_PEER_ADDR_PARAMS");
  }
  if (options.i_data) {
    int level = 2;
    struct sctp_assoc_value interleaving = { .assoc_value = 1 };
    set_option(SCTP_FRAGMENT_INTERLEAVE, &level, sizeof level, "SCTP_FRAGMENT_INTERLEAVE");
    set_option(SCTP_INTERLEAVING_SUPPORTED_OPTION, &interleaving, sizeof interleaving, "SCTP_INTERLEAVING_SUPPORTED");
  }
  if (options.scheduler != UINT32_MAX) {
    struct sctp_assoc_value scheduler = { .assoc_value = options.scheduler };
    set_option(SCTP_PLUGGABLE_SS, &scheduler, sizeof scheduler, "SCTP_PLUGGABLE_SS");
  }
  static const uint16_t events[] = {
    SCTP_ASSOC_CHANGE, SCTP_SHUTDOWN_EVENT, SCTP_SEND_FAILED_EVENT, SCTP_REMOTE_ERROR, SCTP_PARTIAL_DELIVERY_EVENT,
    SCTP_PEER_ADDR_CHANGE, SCTP_STREAM_RESET_EVENT, SCTP_ASSOC_RESET_EVENT, SCTP_STREAM_CHANGE_EVENT,
  };
  for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
    struct sctp_event event = { .se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = events[i], .se_on = 1 };
    set_option(SCTP_EVENT, &event, sizeof event, "SCTP_EVENT");
  }
  struct sctp_udpencaps encaps = { .sue_port = htons((uint16_t)options.remote_udp_port) };
  encaps.sue_address.ss_family = AF_INET;
  set_option(SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof encaps, "SCTP_REMOTE_UDP_ENCAPS_PORT");

  struct sockaddr_in local[MAX_ADDRESSES];
  memcpy(local, own_addresses, sizeof local);
  for (int i = 0; options.server && i < own_address_count; i++) local[i].sin_port = htons((uint16_t)options.port);
  if (usrsctp_bindx(sock, (struct sockaddr *)local, own_address_count, SCTP_BINDX_ADD_ADDR) != 0) fail("bind");
}
