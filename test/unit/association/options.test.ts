import { describe, expect, it } from 'vitest';
import { type AssociationOptions, defaultOptions, presets, resolveOptions } from '../../../src/association/options.ts';

type Given = Parameters<typeof resolveOptions>[0];

function refusal(given: Record<string, unknown>): string {
  try {
    resolveOptions(given as Given);
  } catch (error) {
    expect(error).toMatchObject({ name: 'SctpError', code: 'SCTP_ERR_INVALID_ARGUMENT' });
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

describe('the defaults', () => {
  it('are the protocol parameter values of RFC 9260 §16', () => {
    expect(resolveOptions({})).toMatchObject({
      rtoInitialMs: 1_000,
      rtoMinMs: 1_000,
      rtoMaxMs: 60_000,
      maxBurst: 4,
      rtoAlpha: 1 / 8,
      rtoBeta: 1 / 4,
      validCookieLifeMs: 60_000,
      associationMaxRetrans: 10,
      pathMaxRetrans: 5,
      maxInitRetransmits: 8,
      hbIntervalMs: 30_000,
      hbMaxBurst: 1,
      sackDelayMs: 200,
    });
  });

  it('of each preset are valid', () => {
    for (const [name, options] of Object.entries(presets)) {
      expect(resolveOptions({ defaults: name as keyof typeof presets })).toEqual(options);
      expect(resolveOptions({ ...options })).toEqual(options);
    }
  });

  it('of another preset begin where it differs', () => {
    expect(resolveOptions({ defaults: 'webrtc' })).toMatchObject({ rtoMinMs: 400, initialCwndPackets: 10 });
    expect(resolveOptions({ defaults: 'webrtc', rtoMinMs: 50 })).toMatchObject({
      rtoMinMs: 50,
      initialCwndPackets: 10,
    });
  });

  it('stand for what is given as undefined', () => {
    expect(resolveOptions({ rtoMaxMs: undefined } as unknown as Given)).toEqual(defaultOptions);
  });
});

describe('what is given', () => {
  it('is taken as it is, and nothing beside it', () => {
    const resolved = resolveOptions({ maxBurst: 0, noDelay: false, port: 5000 } as Given);
    expect(resolved).toEqual({ ...defaultOptions, maxBurst: 0, noDelay: false });
  });

  it.each<[keyof AssociationOptions, number, number]>([
    ['outboundStreams', 1, 65_535],
    ['maxInboundStreams', 1, 65_535],
    ['maxBurst', 0, 65_535],
    ['associationMaxRetrans', 0, 65_535],
    ['pathMaxRetrans', 0, 65_535],
    ['maxInitRetransmits', 0, 65_535],
    ['hbMaxBurst', 1, 255],
    ['sackFrequency', 1, 16],
    ['receiveBufferSize', 1_500, 0xffff_ffff],
    ['sendBufferSize', 1, 0xffff_ffff],
    ['maxMessageSize', 1, 0xffff_ffff],
    ['pathMtu', 512, 65_535],
    ['maxPathMtu', 512, 65_535],
    ['initialCwndPackets', 1, 1_000],
  ])('%s is an integer from %i to %i', (name, least, greatest) => {
    expect(resolveOptions({ [name]: least })[name]).toBe(least);
    expect(resolveOptions({ [name]: greatest })[name]).toBe(greatest);
    for (const value of [least - 1, greatest + 1, least + 0.5, Number.NaN, '7', true]) {
      expect(refusal({ [name]: value })).toBe(`${name} must be an integer from ${least} to ${greatest}, not ${value}`);
    }
  });

  it.each<[keyof AssociationOptions, number, number]>([
    ['rtoAlpha', 0, 1],
    ['rtoBeta', 0, 1],
    ['validCookieLifeMs', 1, 3_600_000],
    ['hbIntervalMs', 0, 86_400_000],
    ['sackDelayMs', 0, 500],
  ])('%s is any number from %i to %i', (name, least, greatest) => {
    for (const value of [least, greatest, (least + greatest) / 3])
      expect(resolveOptions({ [name]: value })[name]).toBe(value);
    for (const value of [least - 0.1, greatest + 0.1, Number.NaN, Number.POSITIVE_INFINITY, '7']) {
      expect(refusal({ [name]: value })).toBe(`${name} must be a number from ${least} to ${greatest}, not ${value}`);
    }
  });

  it('"MUST NOT allow the maximum delay […] to be configured to be more than 500 ms" (RFC 9260 §6.2)', () => {
    expect(resolveOptions({ sackDelayMs: 500 }).sackDelayMs).toBe(500);
    expect(refusal({ sackDelayMs: 501 })).toContain('sackDelayMs');
  });

  it('a pathMtu means that one, unless pmtud is asked for as well', () => {
    expect(resolveOptions({})).toMatchObject({ pmtud: true, pathMtu: 1_500 });
    expect(resolveOptions({ pathMtu: 1_400 })).toMatchObject({ pmtud: false, pathMtu: 1_400 });
    expect(resolveOptions({ pathMtu: 1_400, pmtud: true })).toMatchObject({ pmtud: true, pathMtu: 1_400 });
    expect(resolveOptions({ defaults: 'webrtc', pmtud: true })).toMatchObject({ pmtud: true, pathMtu: 1_228 });
  });

  it('RTO.Min is not above RTO.Max', () => {
    expect(refusal({ rtoMinMs: 61_000 })).toBe('rtoMinMs must not be greater than rtoMaxMs');
    expect(resolveOptions({ rtoMinMs: 200, rtoMaxMs: 200 })).toMatchObject({ rtoMinMs: 200, rtoMaxMs: 200 });
  });

  it('"the PSMR MUST be set greater than or equal to the PFMR value" (RFC 7829 §5)', () => {
    expect(refusal({ potentiallyFailedMaxRetrans: 3, primarySwitchoverMaxRetrans: 2 })).toContain('primarySwitchover');
    resolveOptions({ potentiallyFailedMaxRetrans: 3, primarySwitchoverMaxRetrans: 3 });
  });

  it.each(['noDelay', 'partialReliability', 'interleaving', 'streamReconfiguration', 'zeroChecksum'])(
    '%s is true or false',
    (name) => {
      for (const value of [0, 1, 'yes']) expect(refusal({ [name]: value })).toBe(`${name} must be true or false`);
    },
  );

  it('a preset or scheduler that there is not is named beside those that there are', () => {
    expect(refusal({ defaults: 'tcp' })).toBe('defaults must be one of rfc9260, webrtc');
    expect(refusal({ scheduler: 'lottery' })).toContain('first-come-first-served');
  });
});
