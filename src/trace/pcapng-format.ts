/** Numbers of the pcapng format (draft-ietf-opsawg-pcapng §4). */
export const pcapngBlock = {
  /** Reads the same in both byte orders. */
  sectionHeader: 0x0a0d_0d0a,
  byteOrderMagic: 0x1a2b_3c4d,
  interfaceDescription: 1,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

/** LINKTYPE_RAW: the packet begins with its IP header. */
export const rawIpLinkType = 101;
