import type { NetAddress } from '../base/address.ts';
import {
  asciiBytes,
  equalBytesConstantTime,
  padded,
  printable,
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
  readonly capabilities: Capabilities;
}

const version = 1;
/** version, secret number, two times, four tags, two TSNs, a_rwnd, two stream counts, two ports, capabilities, number of addresses */
const fixedLength = 2 + 8 + 4 + 4 * 4 + 2 * 4 + 4 + 2 * 2 + 2 * 2 + 1 + 1;
/** HMAC-SHA-256 cut to 128 bits, as RFC 2104 §5 allows: "SHOULD make the cookie as small as possible" (§5.1.3). */
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
  #current: Secret;
  #previous: Secret | undefined;
  #secretSince: Instant | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#current = this.#createSecret(0);
  }

  seal(cookie: StateCookie, now: Instant): Uint8Array {
    this.#rotate(now);
    const content = encode(cookie, this.#current.number);
    // §5.1.3: "the sender MUST include a MAC"; "A MAC with acceptable security properties SHOULD be used."; "it MUST
    // NOT contain information that is not being envisioned to be shared": Tie-Tags stand for Verification Tags.
    const sealed = new Uint8Array(content.length + macLength);
    sealed.set(content);
    sealed.set(this.#mac(this.#current, content), content.length);
    return sealed;
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
    return equalBytesConstantTime(mac, this.#mac(secret, content)) ? decode(content) : undefined;
  }

  #mac(secret: Secret, content: Uint8Array): Uint8Array {
    return this.#environment.hmac(secret.key, content).subarray(0, macLength);
  }

  #rotate(now: Instant): void {
    this.#secretSince ??= now;
    if (now - this.#secretSince < secretLifetimeMs) return;
    this.#secretSince = now;
    this.#previous = this.#current;
    this.#current = this.#createSecret((this.#current.number + 1) & 0xff);
  }

  #createSecret(number: number): Secret {
    // §5.1.3: "The secret key SHOULD be random". §14.1: "SHOULD be a cryptographic quality random number".
    return { number, key: randomBytes(this.#environment.random, secretLength) };
  }
}

function encode(cookie: StateCookie, secretNumber: number): Uint8Array {
  // §5.1.3: "An implementation SHOULD make the cookie as small as possible to ensure interoperability."
  const addresses = cookie.peerAddresses.map(({ ip, udpPort }) => ({ text: asciiBytes(ip), udpPort }));
  let length = fixedLength;
  for (const { text } of addresses) length += 3 + text.length;
  // A multiple of four, so that a peer that counts the padding in the Chunk Length returns the same cookie.
  const bytes = new Uint8Array(padded(length));
  let offset = 0;
  const put8 = (value: number): void => {
    writeUint8(bytes, offset, value);
    offset += 1;
  };
  const put16 = (value: number): void => {
    writeUint16(bytes, offset, value);
    offset += 2;
  };
  const put32 = (value: number): void => {
    writeUint32(bytes, offset, value);
    offset += 4;
  };
  const createdAt = Math.floor(cookie.createdAt);
  // §3.3.3.1.1: "MUST contain all the necessary state and parameter information required for the sender of this INIT
  // ACK chunk to create the association". §5.1.3: "SHOULD also contain a timestamp".
  put8(version);
  put8(secretNumber);
  put32(Math.floor(createdAt / 0x1_0000_0000));
  put32(createdAt % 0x1_0000_0000);
  put32(cookie.lifespanMs);
  put32(cookie.localTag);
  put32(cookie.peerTag);
  put32(cookie.localTieTag);
  put32(cookie.peerTieTag);
  put32(cookie.localInitialTsn);
  put32(cookie.peerInitialTsn);
  put32(cookie.peerARwnd);
  put16(cookie.outboundStreams);
  put16(cookie.inboundStreams);
  put16(cookie.localPort);
  put16(cookie.peerPort);
  put8(capabilityBits(cookie.capabilities));
  put8(addresses.length);
  for (const { text, udpPort } of addresses) {
    put16(udpPort);
    put8(text.length);
    bytes.set(text, offset);
    offset += text.length;
  }
  return bytes;
}

/** A cookie with our MAC is one that we made; lengths are checked all the same. */
function decode(bytes: Uint8Array): StateCookie | undefined {
  let offset = 2;
  const take8 = (): number => {
    offset += 1;
    return readUint8(bytes, offset - 1);
  };
  const take16 = (): number => {
    offset += 2;
    return readUint16(bytes, offset - 2);
  };
  const take32 = (): number => {
    offset += 4;
    return readUint32(bytes, offset - 4);
  };
  const cookie = {
    createdAt: (take32() | 0) * 0x1_0000_0000 + take32(),
    lifespanMs: take32(),
    localTag: take32(),
    peerTag: take32(),
    localTieTag: take32(),
    peerTieTag: take32(),
    localInitialTsn: tsn(take32()),
    peerInitialTsn: tsn(take32()),
    peerARwnd: take32(),
    outboundStreams: take16(),
    inboundStreams: take16(),
    localPort: take16(),
    peerPort: take16(),
  };
  const capabilities = capabilitiesOf(take8());
  const peerAddresses: NetAddress[] = [];
  for (let count = take8(); count > 0; count--) {
    if (offset + 3 > bytes.length) return undefined;
    const udpPort = take16();
    const end = offset + 1 + take8();
    if (end > bytes.length) return undefined;
    peerAddresses.push({ ip: printable(bytes.subarray(offset, end)), udpPort });
    offset = end;
  }
  return peerAddresses.length > 0 && padded(offset) === bytes.length
    ? { ...cookie, capabilities, peerAddresses }
    : undefined;
}

function capabilityBits(capabilities: Capabilities): number {
  const { partialReliability, interleaving, streamReconfiguration, zeroChecksumToPeer } = capabilities;
  return (
    (partialReliability ? 1 : 0) |
    (interleaving ? 2 : 0) |
    (streamReconfiguration ? 4 : 0) |
    (zeroChecksumToPeer ? 8 : 0)
  );
}

function capabilitiesOf(bits: number): Capabilities {
  return {
    partialReliability: (bits & 1) !== 0,
    interleaving: (bits & 2) !== 0,
    streamReconfiguration: (bits & 4) !== 0,
    zeroChecksumToPeer: (bits & 8) !== 0,
  };
}
