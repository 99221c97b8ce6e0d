import { describe, expect, it } from 'vitest';
import { type Route, sourceByRoute } from '../../../src/simulation/routes.ts';

const source = (own: readonly string[], to: string, routes: readonly Route[] = []): string | undefined =>
  sourceByRoute(
    own.map((ip) => ({ ip, udpPort: 9899 })),
    routes,
    to,
  )?.ip;

describe('the source of a packet, as a kernel chooses it', () => {
  const own = ['127.0.0.1', 'fe80::1%eth0', '10.1.0.1', '10.2.0.1', 'fd00:1::1', 'fd00:2::1', '::1'];

  it.each([
    ['10.2.0.9', '10.2.0.1'],
    ['10.1.0.9', '10.1.0.1'],
    ['192.0.2.1', '10.1.0.1'],
    ['127.0.0.9', '127.0.0.1'],
    ['::1', '::1'],
    ['fd00:2::9', 'fd00:2::1'],
    ['fe80::9%eth0', 'fe80::1%eth0'],
    ['fe80::9%eth1', undefined],
  ])('to %s it is %s: the address most like it, in its family and scope', (to, expected) => {
    expect(source(own, to)).toBe(expected);
  });

  it('is that of the longest route', () => {
    const routes = [
      { to: '0.0.0.0/0', source: '10.1.0.1' },
      { to: '10.1.0.0/16', source: '10.2.0.1' },
      { to: '10.1.0.9', source: '10.1.0.1' },
      { to: '10.1.7.0/24', source: undefined },
    ];
    expect(['192.0.2.1', '10.1.0.8', '10.1.0.9', '10.1.7.1', 'fd00:1::9'].map((to) => source(own, to, routes))).toEqual(
      ['10.1.0.1', '10.2.0.1', '10.1.0.1', undefined, 'fd00:1::1'],
    );
  });

  it('there is none in a family that the host does not have', () => {
    expect(source(['10.0.0.1'], 'fd00::1')).toBeUndefined();
  });
});
