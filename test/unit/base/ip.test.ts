import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalIp, formatIp, isUnicast, parseIp } from '../../../src/base/ip.ts';
import { hex } from '../../support/hex.ts';

describe('canonicalIp', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['::', '::'],
    ['2001:0DB8::0001', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['fe80:0::1%eth0', 'fe80::1%eth0'],
    ['::ffff:c000:0201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
  });

  it.each([
    '',
    'localhost',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.01',
    '192.0.2.1.5',
    '192.0.2.1%eth0',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '12345::',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1%',
    '::g',
    ' ::1',
  ])("'%s' is no address", (text) => {
    expect(canonicalIp(text)).toBeUndefined();
    expect(parseIp(text)).toBeUndefined();
  });

  it('is the same for every spelling of the same bytes', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const bytes = parseIp(text);
        if (bytes === undefined) throw new Error(`'${text}' is an address`);
        expect(parseIp(formatIp(bytes))).toEqual(bytes);
        expect(canonicalIp(text.toUpperCase())).toBe(formatIp(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(canonicalIp(text)).toBe(text);
      }),
    );
  });
});

it('parseIp leaves the zone out of the bytes', () => {
  expect(hex(parseIp('fe80::1%eth0') ?? new Uint8Array())).toBe('fe800000000000000000000000000001');
});

describe('isUnicast', () => {
  it.each(['192.0.2.1', '127.0.0.1', '240.0.0.1', '::1', 'fe80::1%eth0', '2001:db8::1', '::ffff:192.0.2.1'])(
    '%s is',
    (ip) => {
      expect(isUnicast(ip)).toBe(true);
    },
  );

  it.each([
    '0.0.0.0',
    '224.0.0.1',
    '239.255.255.255',
    '255.255.255.255',
    '::',
    'ff02::1',
    '::ffff:224.0.0.1',
    'nonsense',
  ])('%s is not', (ip) => {
    expect(isUnicast(ip)).toBe(false);
  });
});
