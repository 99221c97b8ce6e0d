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
  const fields: number[] = [];
  for (let offset = 0; offset < 16; offset += 2) fields.push(readUint16(bytes, offset));
  let runStart = 0;
  let runLength = 1;
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && fields[end] === 0) end++;
    if (end - start > runLength) {
      runStart = start;
      runLength = end - start;
    }
  }
  const hex = (part: readonly number[]): string => part.map((field) => field.toString(16)).join(':');
  if (runLength === 1) return hex(fields);
  return `${hex(fields.slice(0, runStart))}::${hex(fields.slice(runStart + runLength))}`;
}

/** `::ffff:0:0/96`: an IPv4 address as an IPv6 socket sees it (RFC 4291 §2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && readUint16(bytes, 10) === 0xffff;
}

const dot = 0x2e;
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
  const halves = text.split('::', 3);
  if (halves.length > 2) return undefined;
  const compressed = halves.length === 2;
  const head = parseFields(halves[0] ?? '', !compressed);
  const tail = parseFields(halves[1] ?? '', compressed);
  if (head === undefined || tail === undefined) return undefined;
  const count = head.length + tail.length;
  if (compressed ? count > 7 : count !== 8) return undefined;
  const bytes = new Uint8Array(16);
  for (const [i, field] of head.entries()) writeUint16(bytes, 2 * i, field);
  for (const [i, field] of tail.entries()) writeUint16(bytes, 16 - 2 * (tail.length - i), field);
  return bytes;
}

/** The 16-bit fields between colons; the last two of an address may be written as an IPv4 address. */
function parseFields(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const fields: number[] = [];
  const parts = text.split(':', 9);
  for (const [i, part] of parts.entries()) {
    const ipv4 = isEnd && i === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) fields.push(readUint16(ipv4, 0), readUint16(ipv4, 2));
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) fields.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return fields;
}

/** 127.0.0.0/8 and ::1: addresses that mean another host on every host. */
export function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}
