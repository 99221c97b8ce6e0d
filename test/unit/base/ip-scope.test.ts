import { describe, expect, it } from 'vitest';
import { isInScopeOf, scopeOf, withoutZone, zoneOf } from '../../../src/base/ip-scope.ts';

describe('scopeOf', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['169.254.0.1', 'link'],
    ['169.253.0.1', 'global'],
    ['fe80::1', 'link'],
    ['febf::1%eth0', 'link'],
    ['fec0::1', 'private'],
    ['10.255.0.1', 'private'],
    ['11.0.0.1', 'global'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'global'],
    ['172.15.0.1', 'global'],
    ['192.168.255.1', 'private'],
    ['192.169.0.1', 'global'],
    ['100.64.0.1', 'private'],
    ['100.127.255.255', 'private'],
    ['100.128.0.1', 'global'],
    ['100.63.255.255', 'global'],
    ['fc00::1', 'private'],
    ['fdff::1', 'private'],
    ['fe00::1', 'global'],
    ['2001:db8::1', 'global'],
    ['192.0.2.1', 'global'],
    ['peer', 'global'],
  ])('%s is %s', (ip, scope) => {
    expect(scopeOf(ip)).toBe(scope);
  });
});

it('zones are what stands behind the %', () => {
  expect([zoneOf('fe80::1%eth0'), zoneOf('fe80::1'), zoneOf('10.0.0.1')]).toEqual(['eth0', '', '']);
  expect([withoutZone('fe80::1%eth0'), withoutZone('fe80::1')]).toEqual(['fe80::1', 'fe80::1']);
});

describe('isInScopeOf', () => {
  const own = ['127.0.0.1', 'fe80::1%eth0', '169.254.0.1', '10.0.0.1', 'fd00::1', '192.0.2.1', '2001:db8::1'];
  it.each([
    ['198.51.100.1', ['192.0.2.1', '2001:db8::1']],
    ['2001:db8::9', ['192.0.2.1', '2001:db8::1']],
    ['192.168.0.9', ['10.0.0.1', 'fd00::1', '192.0.2.1', '2001:db8::1']],
    ['fd00::9', ['10.0.0.1', 'fd00::1', '192.0.2.1', '2001:db8::1']],
    ['fe80::9%eth0', own.slice(1)],
    ['fe80::9%eth1', own.slice(2)],
    ['127.0.0.9', own.filter((ip) => !ip.startsWith('fe80') && !ip.startsWith('169.254'))],
  ])('to a peer at %s', (peer, expected) => {
    expect(own.filter((ip) => isInScopeOf(peer, ip))).toEqual(expected);
  });
});
