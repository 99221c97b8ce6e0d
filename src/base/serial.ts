/**
 * Serial number arithmetic (RFC 1982, RFC 9260 §1.6): the numbers of SCTP wrap around, so `<` is wrong for them.
 * This is the only file that compares them; the brands keep one kind from being taken for another.
 */

declare const brand: unique symbol;

/** Transmission Sequence Number, 32 bits. */
export type Tsn = number & { readonly [brand]: 'Tsn' };
/** Stream Sequence Number, 16 bits. */
export type Ssn = number & { readonly [brand]: 'Ssn' };
/** Message Identifier of I-DATA, 32 bits (RFC 8260). */
export type Mid = number & { readonly [brand]: 'Mid' };
/** Fragment Sequence Number of I-DATA, 32 bits (RFC 8260). */
export type Fsn = number & { readonly [brand]: 'Fsn' };

type Serial32 = Tsn | Mid | Fsn;

export const tsn = (value: number): Tsn => (value >>> 0) as Tsn;
export const ssn = (value: number): Ssn => (value & 0xffff) as Ssn;
export const mid = (value: number): Mid => (value >>> 0) as Mid;
export const fsn = (value: number): Fsn => (value >>> 0) as Fsn;

/** How far `a` is ahead of `b`: negative when it is behind. */
export function distance<T extends Serial32>(a: T, b: T): number {
  // §1.6: "Comparisons and arithmetic on TSNs in this document SHOULD use Serial Number Arithmetic".
  return (a - b) | 0;
}

export function isAfter<T extends Serial32>(a: T, b: T): boolean {
  return ((a - b) | 0) > 0;
}

export function isBefore<T extends Serial32>(a: T, b: T): boolean {
  return ((a - b) | 0) < 0;
}

export function plus<T extends Serial32>(a: T, n: number): T {
  // §1.6: "all arithmetic dealing with Transmission Sequence Numbers MUST be performed modulo 2^32."
  return ((a + n) >>> 0) as T;
}

export function next<T extends Serial32>(a: T): T {
  // §1.6: "the next TSN a DATA chunk MUST use after transmitting TSN = 2^32 - 1 is TSN = 0."
  return ((a + 1) >>> 0) as T;
}

export function previous<T extends Serial32>(a: T): T {
  return ((a - 1) >>> 0) as T;
}

/** How far stream sequence number `a` is ahead of `b`, modulo 2^16. */
export function ssnDistance(a: Ssn, b: Ssn): number {
  // §1.6: "Any arithmetic done on Stream Sequence Numbers SHOULD use Serial Number Arithmetic".
  return ((a - b) << 16) >> 16;
}

export function nextSsn(a: Ssn): Ssn {
  // §6.5: "when the Stream Sequence Number reaches the value 65535, the next […] MUST be set to 0."
  return ((a + 1) & 0xffff) as Ssn;
}
