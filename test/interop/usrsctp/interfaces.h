/*
 * The network as usrsctp sees it: one interface with the addresses of --bind, and no loopback interface, whose
 * addresses it would keep out of multi-homing. What is defined here takes the place of the C library's functions.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_ADDRESSES = 8 };

static struct sockaddr_in own_addresses[MAX_ADDRESSES];
static int own_address_count;

/* `list` is `127.0.0.1,127.0.0.2` and so on. Returns whether these are IPv4 addresses, and not too many. */
static bool set_own_addresses(const char *list) {
  char text[MAX_ADDRESSES * INET_ADDRSTRLEN], *rest = NULL;
  if (strlen(list) >= sizeof text) return false;
  strcpy(text, list);
  for (char *ip = strtok_r(text, ",", &rest); ip != NULL; ip = strtok_r(NULL, ",", &rest)) {
    if (own_address_count == MAX_ADDRESSES) return false;
    struct sockaddr_in *address = &own_addresses[own_address_count++];
    address->sin_family = AF_INET;
    if (inet_pton(AF_INET, ip, &address->sin_addr) != 1) return false;
  }
  return own_address_count > 0;
}

int getifaddrs(struct ifaddrs **list) {
  static struct ifaddrs entries[MAX_ADDRESSES];
  for (int i = 0; i < own_address_count; i++)
    entries[i] = (struct ifaddrs){
      .ifa_next = i + 1 < own_address_count ? &entries[i + 1] : NULL,
      .ifa_name = "test0",
      .ifa_flags = IFF_UP | IFF_RUNNING,
      .ifa_addr = (struct sockaddr *)&own_addresses[i],
    };
  *list = entries;
  return 0;
}

void freeifaddrs(struct ifaddrs *list) {
  (void)list;
}

/*
 * usrsctp chooses a source address, writes it into an IP header, and hands over what is behind that header and the UDP
 * header: the system would choose again. Both headers still stand before the first byte.
 */
ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
  enum { HEADERS_LENGTH = 20 + 8, SOURCE_OFFSET = 12 };
  const uint8_t *ip_header = (const uint8_t *)message->msg_iov[0].iov_base - HEADERS_LENGTH;
  union {
    struct cmsghdr header;
    uint8_t space[CMSG_SPACE(sizeof(struct in_pktinfo))];
  } control = { .space = { 0 } };
  struct in_pktinfo info = { 0 };
  memcpy(&info.ipi_spec_dst, ip_header + SOURCE_OFFSET, sizeof info.ipi_spec_dst);
  control.header.cmsg_len = CMSG_LEN(sizeof info);
  control.header.cmsg_level = IPPROTO_IP;
  control.header.cmsg_type = IP_PKTINFO;
  memcpy(CMSG_DATA(&control.header), &info, sizeof info);
  struct msghdr with_source = *message;
  with_source.msg_control = &control;
  with_source.msg_controllen = sizeof control.space;
  return syscall(SYS_sendmsg, descriptor, &with_source, flags);
}
