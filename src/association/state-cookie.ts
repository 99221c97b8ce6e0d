import type { NetAddress } from '../base/address.ts';
import {
  asciiBytes,
  asciiText,
  equalBytesConstantTime,
  padded,
  readUint8,
  readUint16,
  readUint32,
  writeUint8,
  writeUint16,
  writeUint32,
} from '../base/bytes.ts';
import type { Environment } from '../base/environment.ts';
import { randomBytes } from '../base/random.ts';
import { type Tsn, tsn } from '../base/serial.ts';
import type { Instant } from '../base/time.ts';
import type { Capabilities } from './capabilities.ts';
import type { Introduction } from './introduction.ts';

/** "all the information necessary for it to establish the association" (RFC 9260 §5.1.3). */
export interface StateCookie {
  readonly createdAt: Instant;
  readonly lifespanMs: number;
  /** The tags of the association that the cookie stands for, ours and the peer's. */
  readonly localTag: number;
  readonly peerTag: number;
  /** The Tie-Tags of an association that existed when the cookie was made, 0 without one (§5.2.2). */
  readonly localTieTag: number;
  readonly peerTieTag: number;
  readonly localInitialTsn: Tsn;
  readonly peerInitialTsn: Tsn;
  readonly peerARwnd: number;
  /** Streams as negotiated. */
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly localPort: number;
  readonly peerPort: number;
  /** At least one. The first is where the INIT came from: the one that the cookie's return confirms (§5.4 2). */
  readonly peerAddresses: readonly NetAddress[];
  /** What the INIT ACK says of our addresses. */
  readonly introduction: Introduction;
  readonly capabilities: Capabilities;
}

const version = 2;
/** Stands for a place in the list of our addresses that is not known. */
const unknownSource = 255;
/** All but the addresses: `encode` and `decode` draw it. */
const fixedLength = 55;
/** HMAC-SHA-256, which is cut to 128 bits, as RFC 2104 §5 allows: "SHOULD make the cookie as small as possible" (§5.1.3). */
const fullMacLength = 32;
const macLength = 16;
const secretLength = 32;
/** RFC 9260 §5.1.3: "The secret key SHOULD be changed reasonably frequently (e.g., hourly)". */
const secretLifetimeMs = 3_600_000;

interface Secret {
  readonly number: number;
  readonly key: Uint8Array;
}

/**
 * Seals and opens State Cookies. It keeps two secrets and nothing of any cookie, so that an INIT leaves no trace
 * (RFC 9260 §5.1 B). A cookie outlives the change of the secret once: the one before stays valid.
 */
export class CookieJar {
  readonly #environment: Environment;
  #current: Secret | undefined;
  #previous: Secret | undefined;
  #secretSince: Instant = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  seal(cookie: StateCookie, now: Instant): Uint8Array {
    const secret = this.#secretAt(now);
    // §5.1.3: "An implementation SHOULD make the cookie as small as possible to ensure interoperability."
    let length = fixedLength;
    for (const { ip } of cookie.peerAddresses) length += 3 + ip.length;
    length += cookie.introduction.listed.length;
    // A multiple of four, so that a peer that counts the padding in the Chunk Length returns the same cookie.
    length = padded(length);
    const sealed = new Uint8Array(length + fullMacLength);
    encode(cookie, secret.number, sealed);
    // §5.1.3: "the sender MUST include a MAC"; "A MAC with acceptable security properties SHOULD be used."; "it MUST
    // NOT contain information that is not being envisioned to be shared": Tie-Tags stand for Verification Tags.
    sealed.set(this.#environment.hmac(secret.key, sealed.subarray(0, length)), length);
    return sealed.subarray(0, length + macLength);
  }

  /** Undefined for every cookie that is not one of ours, unchanged. Its age is the caller's business. Costs one HMAC. */
  open(sealed: Uint8Array): StateCookie | undefined {
    if (sealed.length < fixedLength + macLength || readUint8(sealed, 0) !== version) return undefined;
    const number = readUint8(sealed, 1);
    const secret = [this.#current, this.#previous].find((each) => each?.number === number);
    // §5.1.5: "the secret key to use is not available anymore, […] MUST be silently discarded."
    if (secret === undefined) return undefined;
    const content = sealed.subarray(0, sealed.length - macLength);
    const mac = sealed.subarray(sealed.length - macLength);
    const expected = this.#environment.hmac(secret.key, content).subarray(0, macLength);
    return equalBytesConstantTime(mac, expected) ? decode(content) : undefined;
  }

  #secretAt(now: Instant): Secret {
    if (this.#current !== undefined && now - this.#secretSince < secretLifetimeMs) return this.#current;
    this.#secretSince = now;
    this.#previous = this.#current;
    this.#current = this.#createSecret(this.#previous === undefined ? 0 : (this.#previous.number + 1) & 0xff);
    return this.#current;
  }

  #createSecret(number: number): Secret {
    // §5.1.3: "The secret key SHOULD be random". §14.1: "SHOULD be a cryptographic quality random number".
    return { number, key: randomBytes(this.#environment.random, secretLength) };
  }
}

function encode(cookie: StateCookie, secretNumber: number, bytes: Uint8Array): void {
  const createdAt = Math.floor(cookie.createdAt);
  // §3.3.3.1.1: "MUST contain all the necessary state and parameter information required for the sender of this INIT
  // ACK chunk to create the association". §5.1.3: "SHOULD also contain a timestamp".
  writeUint8(bytes, 0, version);
  writeUint8(bytes, 1, secretNumber);
  writeUint32(bytes, 2, Math.floor(createdAt / 0x1_0000_0000));
  writeUint32(bytes, 6, createdAt % 0x1_0000_0000);
  writeUint32(bytes, 10, cookie.lifespanMs);
  writeUint32(bytes, 14, cookie.localTag);
  writeUint32(bytes, 18, cookie.peerTag);
  writeUint32(bytes, 22, cookie.localTieTag);
  writeUint32(bytes, 26, cookie.peerTieTag);
  writeUint32(bytes, 30, cookie.localInitialTsn);
  writeUint32(bytes, 34, cookie.peerInitialTsn);
  writeUint32(bytes, 38, cookie.peerARwnd);
  writeUint16(bytes, 42, cookie.outboundStreams);
  writeUint16(bytes, 44, cookie.inboundStreams);
  writeUint16(bytes, 46, cookie.localPort);
  writeUint16(bytes, 48, cookie.peerPort);
  writeUint8(bytes, 50, capabilityBits(cookie.capabilities));
  writeUint8(bytes, 51, cookie.peerAddresses.length);
  const { version: listVersion, source, listed } = cookie.introduction;
  writeUint8(bytes, 52, listVersion);
  writeUint8(bytes, 53, source ?? unknownSource);
  writeUint8(bytes, 54, listed.length);
  let offset = fixedLength;
  for (const { ip, udpPort } of cookie.peerAddresses) {
    writeUint16(bytes, offset, udpPort);
    writeUint8(bytes, offset + 2, ip.length);
    bytes.set(asciiBytes(ip), offset + 3);
    offset += 3 + ip.length;
  }
  for (const place of listed) writeUint8(bytes, offset++, place);
}

/** A cookie with our MAC is one that we made; lengths are checked all the same. */
function decode(bytes: Uint8Array): StateCookie | undefined {
  const peerAddresses: NetAddress[] = [];
  let offset = fixedLength;
  for (let count = readUint8(bytes, 51); count > 0; count--) {
    if (offset + 3 > bytes.length) return undefined;
    const end = offset + 3 + readUint8(bytes, offset + 2);
    if (end > bytes.length) return undefined;
    peerAddresses.push({ ip: asciiText(bytes.subarray(offset + 3, end)), udpPort: readUint16(bytes, offset) });
    offset = end;
  }
  const listed: number[] = [];
  for (let count = readUint8(bytes, 54); count > 0; count--) {
    if (offset === bytes.length) return undefined;
    listed.push(readUint8(bytes, offset++));
  }
  const source = readUint8(bytes, 53);
  if (peerAddresses.length === 0 || padded(offset) !== bytes.length) return undefined;
  return {
    createdAt: (readUint32(bytes, 2) | 0) * 0x1_0000_0000 + readUint32(bytes, 6),
    lifespanMs: readUint32(bytes, 10),
    localTag: readUint32(bytes, 14),
    peerTag: readUint32(bytes, 18),
    localTieTag: readUint32(bytes, 22),
    peerTieTag: readUint32(bytes, 26),
    localInitialTsn: tsn(readUint32(bytes, 30)),
    peerInitialTsn: tsn(readUint32(bytes, 34)),
    peerARwnd: readUint32(bytes, 38),
    outboundStreams: readUint16(bytes, 42),
    inboundStreams: readUint16(bytes, 44),
    localPort: readUint16(bytes, 46),
    peerPort: readUint16(bytes, 48),
    capabilities: capabilitiesOf(readUint8(bytes, 50)),
    peerAddresses,
    introduction: { version: readUint8(bytes, 52), source: source === unknownSource ? undefined : source, listed },
  };
}

function capabilityBits(capabilities: Capabilities): number {
  const { partialReliability, interleaving, streamReconfiguration, zeroChecksumToPeer, linuxInterleaving } =
    capabilities;
  return (
    (partialReliability ? 1 : 0) |
    (interleaving ? 2 : 0) |
    (streamReconfiguration ? 4 : 0) |
    (zeroChecksumToPeer ? 8 : 0) |
    (linuxInterleaving === true ? 16 : 0)
  );
}

function capabilitiesOf(bits: number): Capabilities {
  return {
    partialReliability: (bits & 1) !== 0,
    interleaving: (bits & 2) !== 0,
    streamReconfiguration: (bits & 4) !== 0,
    zeroChecksumToPeer: (bits & 8) !== 0,
    ...((bits & 16) === 0 ? {} : { linuxInterleaving: true }),
  };
}
