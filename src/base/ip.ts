import { readUint8, readUint16, readUint32, writeUint8, writeUint16 } from './bytes.ts';

/** Four bytes as dotted decimals, sixteen as RFC 5952 writes them; other lengths are the caller's mistake. */
export function formatIp(bytes: Uint8Array): string {
  return bytes.length === 4 ? formatIpv4(bytes, 0) : formatIpv6(bytes);
}

/** The 4 or 16 bytes of an IP address, undefined when `text` is none. A zone (`%eth0`) of IPv6 is left out. */
export function parseIp(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return parseIpv4(text);
  const zone = text.indexOf('%');
  if (zone === text.length - 1) return undefined;
  return parseIpv6(zone < 0 ? text : text.slice(0, zone));
}

/** The one spelling of an address, so that equal addresses are equal strings; a zone stays. Undefined for no address. */
export function canonicalIp(text: string): string | undefined {
  const bytes = parseIp(text);
  if (bytes === undefined) return undefined;
  const zone = text.indexOf('%');
  return zone < 0 ? formatIp(bytes) : formatIp(bytes) + text.slice(zone);
}

/** Whether `ip` can be the address of one host: no multicast, no broadcast, not unspecified. */
export function isUnicast(ip: string): boolean {
  const bytes = parseIp(ip);
  if (bytes === undefined) return false;
  if (bytes.length === 4) return isUnicastIpv4(bytes, 0);
  if (isIpv4Mapped(bytes)) return isUnicastIpv4(bytes, 12);
  return readUint8(bytes, 0) !== 0xff && bytes.some((byte) => byte !== 0);
}

function isUnicastIpv4(bytes: Uint8Array, offset: number): boolean {
  const address = readUint32(bytes, offset);
  const first = readUint8(bytes, offset);
  return (first < 224 || first > 239) && address !== 0xffff_ffff && address !== 0;
}

function formatIpv4(bytes: Uint8Array, offset: number): string {
  const part = (index: number): number => readUint8(bytes, offset + index);
  return `${part(0)}.${part(1)}.${part(2)}.${part(3)}`;
}

/**
 * RFC 5952 §4: no leading zeros, lower case, "::" for the first longest run of at least two zero fields; §5: dotted
 * decimals at the end of an IPv4-mapped address.
 */
function formatIpv6(bytes: Uint8Array): string {
  if (isIpv4Mapped(bytes)) return `::ffff:${formatIpv4(bytes, 12)}`;
  let runStart = 8;
  let runLength = 1;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && readUint16(bytes, 2 * end) === 0) end++;
    if (end - start > runLength) {
      runStart = start;
      runLength = end - start;
    }
    start = Math.max(start, end);
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === runStart) {
      text += '::';
      i += runLength - 1;
    } else {
      text += (i === 0 || i === runStart + runLength ? '' : ':') + readUint16(bytes, 2 * i).toString(16);
    }
  }
  return text;
}

/** `::ffff:0:0/96`: an IPv4 address as an IPv6 socket sees it (RFC 4291 §2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  return readUint32(bytes, 0) + readUint32(bytes, 4) === 0 && readUint32(bytes, 8) === 0xffff;
}

const dot = 0x2e;
const colon = 0x3a;
const digitZero = 0x30;
const digitNine = 0x39;

function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let part = 0;
  let value = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === dot && value >= 0 && part < 3) {
      writeUint8(bytes, part++, value);
      value = -1;
    } else if (code >= digitZero && code <= digitNine && value !== 0) {
      // (A leading zero would be octal to some readers: refused.)
      value = Math.max(value, 0) * 10 + code - digitZero;
      if (value > 255) return undefined;
    } else return undefined;
  }
  if (part !== 3 || value < 0) return undefined;
  writeUint8(bytes, part, value);
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  let fields = 0;
  /** Before which field "::" stands. */
  let gap = -1;
  let at = 0;
  if (text.startsWith('::')) {
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    const start = at;
    let value = 0;
    for (let digit = hexDigit(text, at); digit >= 0 && at - start < 5; digit = hexDigit(text, ++at)) {
      value = 16 * value + digit;
    }
    // The last two fields may be written as an IPv4 address.
    const ipv4 = text.charCodeAt(at) === dot && fields <= 6 ? parseIpv4(text.slice(start)) : undefined;
    if (ipv4 !== undefined) {
      bytes.set(ipv4, 2 * fields);
      fields += 2;
      break;
    }
    if (at === start || at - start > 4 || fields === 8) return undefined;
    writeUint16(bytes, 2 * fields++, value);
    if (at === text.length) break;
    if (text.charCodeAt(at++) !== colon || at === text.length) return undefined;
    if (text.charCodeAt(at) !== colon) continue;
    if (gap >= 0) return undefined;
    gap = fields;
    at++;
  }
  if (gap < 0) return fields === 8 ? bytes : undefined;
  if (fields > 7) return undefined;
  const tail = 16 - 2 * (fields - gap);
  bytes.copyWithin(tail, 2 * gap, 2 * fields).fill(0, 2 * gap, tail);
  return bytes;
}

/** The value of the hexadecimal digit at `index`, -1 where there is none. */
function hexDigit(text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code >= digitZero && code <= digitNine) return code - digitZero;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 && code > digitNine ? letter + 10 : -1;
}

/** 127.0.0.0/8 and ::1: addresses that mean another host on every host. */
export function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}
