import { describe, expect, it } from 'vitest';
import { CookieJar, type StateCookie } from '../../../src/association/state-cookie.ts';
import type { Environment } from '../../../src/base/environment.ts';
import { seededEnvironment } from '../../../src/simulation/environment.ts';
import { exampleCookie } from './cookies.ts';

const hour = 3_600_000;

describe('a State Cookie (RFC 9260 §5.1.3)', () => {
  it.each<[string, Partial<StateCookie>]>([
    ['as it is', {}],
    ['with one address', { peerAddresses: [{ ip: '10.0.0.1', udpPort: 0 }] }],
    [
      'with as many addresses as a peer may have',
      { peerAddresses: Array.from({ length: 16 }, (_, i) => ({ ip: `2001:db8:1:2:3:4:5:${i + 1}`, udpPort: i })) },
    ],
    ['from late in the life of a clock', { createdAt: 2 ** 52 }],
    ['from before the origin of a clock', { createdAt: -5_000_000_000 }],
    [
      'with all capabilities',
      {
        capabilities: {
          partialReliability: true,
          interleaving: true,
          streamReconfiguration: true,
          zeroChecksumToPeer: true,
        },
      },
    ],
  ])('contains "all the information necessary for it to establish the association": %s', (_what, changes) => {
    const cookie = { ...exampleCookie, ...changes };
    const jar = new CookieJar(seededEnvironment(1));
    expect(jar.open(jar.seal(cookie, 0))).toEqual(cookie);
  });

  it('keeps each capability apart', () => {
    const jar = new CookieJar(seededEnvironment(1));
    for (const name of Object.keys(exampleCookie.capabilities)) {
      const none = {
        partialReliability: false,
        interleaving: false,
        streamReconfiguration: false,
        zeroChecksumToPeer: false,
      };
      const capabilities = { ...none, [name]: true };
      expect(jar.open(jar.seal({ ...exampleCookie, capabilities }, 0))?.capabilities).toEqual(capabilities);
    }
  });

  it('is a multiple of four bytes: a peer that counts the padding returns it unchanged', () => {
    const jar = new CookieJar(seededEnvironment(1));
    for (const ip of ['1.2.3.4', '10.2.3.4', '10.20.3.4', '10.20.30.4', '::1']) {
      expect(jar.seal({ ...exampleCookie, peerAddresses: [{ ip, udpPort: 1 }] }, 0).length % 4).toBe(0);
    }
  });

  it('is small: "as small as possible to ensure interoperability"', () => {
    const jar = new CookieJar(seededEnvironment(1));
    expect(jar.seal({ ...exampleCookie, peerAddresses: [{ ip: '192.0.2.1', udpPort: 0 }] }, 0).length).toBeLessThan(
      100,
    );
  });

  it('does not tell our secrets: another jar with the same content seals it differently', () => {
    const [a, b] = [new CookieJar(seededEnvironment(1)), new CookieJar(seededEnvironment(2))];
    expect(a.open(b.seal(exampleCookie, 0))).toBeUndefined();
  });
});

describe('authentication (RFC 9260 §5.1.5)', () => {
  it('refuses a cookie with any bit flipped', () => {
    const jar = new CookieJar(seededEnvironment(1));
    const sealed = jar.seal(exampleCookie, 0);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      sealed[bit >> 3]! ^= 1 << (bit & 7);
      expect(jar.open(sealed)).toBeUndefined();
      sealed[bit >> 3]! ^= 1 << (bit & 7);
    }
    expect(jar.open(sealed)).toEqual(exampleCookie);
  });

  it('refuses a cookie of any other length', () => {
    const jar = new CookieJar(seededEnvironment(1));
    const sealed = jar.seal(exampleCookie, 0);
    for (let length = 0; length < sealed.length; length++) expect(jar.open(sealed.subarray(0, length))).toBeUndefined();
    for (const extra of [1, 4]) {
      const longer = new Uint8Array(sealed.length + extra);
      longer.set(sealed);
      expect(jar.open(longer)).toBeUndefined();
    }
  });

  it('costs at most one HMAC, and none for what cannot be ours', () => {
    const environment = seededEnvironment(1);
    let computed = 0;
    const counting: Environment = {
      ...environment,
      hmac: (key, data) => {
        computed++;
        return environment.hmac(key, data);
      },
    };
    const jar = new CookieJar(counting);
    const sealed = jar.seal(exampleCookie, 0);
    computed = 0;
    jar.open(sealed);
    expect(computed).toBe(1);
    const forged = sealed.slice();
    forged[20]! ^= 1;
    jar.open(forged);
    expect(computed).toBe(2);
    jar.open(new Uint8Array(1_000).fill(0xff));
    jar.open(new Uint8Array(3));
    expect(computed).toBe(2);
  });
});

describe('the secret key: "SHOULD be changed reasonably frequently (e.g., hourly)"', () => {
  it('changes after an hour; cookies of the one before stay valid', () => {
    const jar = new CookieJar(seededEnvironment(1));
    const early = jar.seal(exampleCookie, 1_000);
    const late = jar.seal(exampleCookie, 1_000 + hour);
    expect(late).not.toEqual(early);
    expect(jar.open(early)).toEqual(exampleCookie);
    expect(jar.open(late)).toEqual(exampleCookie);
  });

  it('is forgotten with the change after the next', () => {
    const jar = new CookieJar(seededEnvironment(1));
    const early = jar.seal(exampleCookie, 0);
    jar.seal(exampleCookie, hour);
    const late = jar.seal(exampleCookie, 2 * hour);
    expect(jar.open(early)).toBeUndefined();
    expect(jar.open(late)).toEqual(exampleCookie);
  });

  it('does not change within the hour', () => {
    const jar = new CookieJar(seededEnvironment(1));
    expect(jar.seal(exampleCookie, hour - 1)).toEqual(jar.seal(exampleCookie, 0));
  });

  it('goes round after 256 changes without mistaking an old one for its namesake', () => {
    const jar = new CookieJar(seededEnvironment(1));
    const first = jar.seal(exampleCookie, 0);
    for (let i = 1; i <= 256; i++) jar.seal(exampleCookie, i * hour);
    expect(jar.open(first)).toBeUndefined();
  });
});
