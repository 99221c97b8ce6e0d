import { randomInt } from 'node:crypto';

/** The dynamic ports of UDP and SCTP (RFC 6335 §6). */
const first = 49_152;
export const dynamicPortCount: number = 65_536 - first;

let last = randomInt(dynamicPortCount);

/** Another dynamic port each time: associations from one address to one peer are told apart by it. */
export function nextDynamicPort(): number {
  last = (last + 1) % dynamicPortCount;
  return first + last;
}

/** Any dynamic port (RFC 6056 §3.3.1). */
export function randomDynamicPort(): number {
  return first + randomInt(dynamicPortCount);
}
