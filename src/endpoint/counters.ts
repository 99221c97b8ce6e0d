/** What an endpoint has received, and why it dropped what it dropped; counters only grow. */
export interface EndpointCounters {
  packetsReceived: number;
  packetsSent: number;
  /** Shorter than a common header and a chunk header, or without a whole chunk. */
  tooShort: number;
  /** Bytes that are not SCTP, or were damaged on their way: CRC32c does not match. */
  badChecksum: number;
  /** The Verification Tag is not the association's (RFC 9260 §8.5). */
  badVerificationTag: number;
  /** Packets that belong to no association (§8.4). */
  outOfTheBlue: number;
  /** Packets under the Verification Tag of an association, from an address or SCTP port that is none of its peer. */
  unknownSource: number;
  /** COOKIE ECHO chunks whose cookie is not ours, or not unchanged (§5.1.5). */
  forgedCookies: number;
  staleCookies: number;
  /** INIT chunks answered with INIT ACK. */
  initsAnswered: number;
  /** INIT chunks answered with ABORT, or dropped. */
  initsRefused: number;
  associationsAccepted: number;
}

export function createCounters(): EndpointCounters {
  return {
    packetsReceived: 0,
    packetsSent: 0,
    tooShort: 0,
    badChecksum: 0,
    badVerificationTag: 0,
    outOfTheBlue: 0,
    unknownSource: 0,
    forgedCookies: 0,
    staleCookies: 0,
    initsAnswered: 0,
    initsRefused: 0,
    associationsAccepted: 0,
  };
}
