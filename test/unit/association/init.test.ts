import { describe, expect, it } from 'vitest';
import { recognize } from '../../../src/association/capabilities.ts';
import { answerInit, createInit, type InitAnswer, objectionTo } from '../../../src/association/init.ts';
import { type AssociationOptions, resolveOptions } from '../../../src/association/options.ts';
import { CookieJar, type StateCookie } from '../../../src/association/state-cookie.ts';
import { tsn } from '../../../src/base/serial.ts';
import { findParameter, type InitAckChunk, type InitChunk, type Parameter } from '../../../src/chunks/index.ts';
import { seededEnvironment } from '../../../src/simulation/environment.ts';
import { addressOf } from './rooms.ts';

const init: InitChunk = {
  kind: 'INIT',
  initiateTag: 0xaaaa_aaaa,
  aRwnd: 100_000,
  outboundStreams: 20,
  inboundStreams: 10,
  initialTsn: tsn(77),
  parameters: [],
};

const jar = new CookieJar(seededEnvironment(1));

/** The answer to `init` at 1000 ms, and what its cookie says. */
function answer(
  changes: Partial<InitChunk> = {},
  options: Partial<AssociationOptions> = {},
  given: Partial<InitAnswer> = {},
): { initAck: InitAckChunk; cookie: StateCookie } {
  const resolved = resolveOptions(options);
  const transport = { errorDetectionMethod: undefined };
  const initAck = answerInit(
    { ...init, ...changes },
    {
      options: resolved,
      parameters: recognize(changes.parameters ?? init.parameters, resolved, given.transport ?? transport),
      cookieJar: jar,
      localPort: 5001,
      peerPort: 5000,
      localTag: 0xbbbb_bbbb,
      localInitialTsn: tsn(99),
      localTieTag: 0,
      peerTieTag: 0,
      from: addressOf('192.0.2.1:9899'),
      to: undefined,
      own: { localAddresses: [], sources: undefined },
      transport,
      ...given,
    },
    1_000,
  );
  const cookie = jar.open(findParameter(initAck.parameters, 'State Cookie')!.cookie)!;
  return { initAck, cookie };
}

function objection(chunk: InitChunk | InitAckChunk, options: Partial<AssociationOptions> = {}) {
  return objectionTo(chunk, recognize(chunk.parameters, resolveOptions(options), { errorDetectionMethod: undefined }));
}

function kinds(parameters: readonly Parameter[]): string[] {
  return parameters.map(({ kind }) => kind);
}

describe('our INIT (RFC 9260 §3.3.2)', () => {
  it('says what we ask for and what we accept', () => {
    const options = resolveOptions({ outboundStreams: 5, maxInboundStreams: 6, receiveBufferSize: 70_000 });
    expect(createInit(options, 1, tsn(2))).toEqual({
      kind: 'INIT',
      initiateTag: 1,
      aRwnd: 70_000,
      outboundStreams: 5,
      inboundStreams: 6,
      initialTsn: 2,
      parameters: [],
    });
  });
});

describe('what speaks against an INIT', () => {
  it('is nothing, as a rule', () => {
    expect(objection(init)).toBeUndefined();
    expect(objection({ ...init, aRwnd: 1_500, outboundStreams: 1, inboundStreams: 1 })).toBeUndefined();
  });

  it.each<[string, Partial<InitChunk>]>([
    ['"a_rwnd […] MUST NOT be smaller than 1500"', { aRwnd: 1_499 }],
    ['"OS = 0"', { outboundStreams: 0 }],
    ['"MIS = 0"', { inboundStreams: 0 }],
  ])('is an invalid mandatory parameter: %s', (_rule, changes) => {
    expect(objection({ ...init, ...changes })).toEqual([{ kind: 'Invalid Mandatory Parameter' }]);
  });

  it('is a Host Name Address: "MUST immediately send an ABORT chunk and MAY include an Unresolvable Address" (§5.1.2 B)', () => {
    const hostName: Parameter = { kind: 'Host Name Address', hostName: new Uint8Array([0x61, 0]) };
    expect(objection({ ...init, parameters: [hostName] })).toMatchObject([{ kind: 'Unresolvable Address' }]);
  });

  it('is a flaw in what this association acts on, and in nothing else (§3.2.1)', () => {
    const flawed: Parameter = { kind: 'malformed', type: 0x8001, length: 7, value: new Uint8Array(3), reason: 'short' };
    const chunk = { ...init, parameters: [flawed] };
    expect(objection(chunk, { zeroChecksum: true })).toBeUndefined();
    const overDtls = recognize(chunk.parameters, resolveOptions({ zeroChecksum: true }), { errorDetectionMethod: 1 });
    const information = new Uint8Array([0x80, 1, 0, 7, 0, 0, 0]);
    expect(objectionTo(chunk, overDtls)).toEqual([{ kind: 'Protocol Violation', information }]);
  });

  it('is, for an INIT ACK, that there is no State Cookie', () => {
    const initAck: InitAckChunk = { ...init, kind: 'INIT ACK' };
    expect(objection(initAck)).toEqual([{ kind: 'Missing Mandatory Parameter', parameterTypes: [7] }]);
    const cookie = new Uint8Array(4);
    expect(objection({ ...initAck, parameters: [{ kind: 'State Cookie', cookie }] })).toBeUndefined();
  });
});

describe('our INIT ACK (RFC 9260 §3.3.3)', () => {
  it('says what we are', () => {
    const { initAck } = answer({}, { receiveBufferSize: 70_000 });
    expect(initAck).toMatchObject({ kind: 'INIT ACK', initiateTag: 0xbbbb_bbbb, initialTsn: 99, aRwnd: 70_000 });
  });

  it('has an OS that "MUST NOT be greater than the MIS value sent in the INIT chunk"', () => {
    expect(answer({ inboundStreams: 10 }, { outboundStreams: 1_000 }).initAck.outboundStreams).toBe(10);
    expect(answer({ inboundStreams: 10 }, { outboundStreams: 3 }).initAck.outboundStreams).toBe(3);
  });

  it('reports parameters that are not recognized, where their type asks for it (§3.2.1)', () => {
    const unknown = (type: number): Parameter => ({ kind: 'unknown', type, value: new Uint8Array(4) });
    const { initAck } = answer({ parameters: [unknown(0xc0de), unknown(0x8abc)] });
    const reported = initAck.parameters.filter(({ kind }) => kind === 'Unrecognized Parameter');
    expect(reported).toHaveLength(1);
    expect(kinds(answer({ parameters: [unknown(0x8abc)] }).initAck.parameters)).not.toContain('Unrecognized Parameter');
  });

  it('stops at a parameter that asks for it: "do not process any further parameters"', () => {
    const stop: Parameter = { kind: 'unknown', type: 0x0fff, value: new Uint8Array(4) };
    const wish: Parameter = { kind: 'Cookie Preservative', lifeSpanIncrementMs: 5_000 };
    expect(answer({ parameters: [wish, stop] }).cookie.lifespanMs).toBe(65_000);
    expect(answer({ parameters: [stop, wish] }).cookie.lifespanMs).toBe(60_000);
  });

  it('stays small, whatever the INIT contains: who sent it is not verified (§12.4)', () => {
    const parameters = Array.from({ length: 300 }, (_, i): Parameter => {
      return { kind: 'unknown', type: 0xc100 + i, value: new Uint8Array(100) };
    });
    const reported = answer({ parameters }).initAck.parameters.filter(({ kind }) => kind === 'Unrecognized Parameter');
    expect(reported.length).toBeLessThanOrEqual(3);
  });
});

describe('the State Cookie in it (RFC 9260 §5.1.3)', () => {
  it('remembers both sides, since we do not', () => {
    const { cookie } = answer({}, {}, { localTieTag: 11, peerTieTag: 12 });
    expect(cookie).toMatchObject({
      createdAt: 1_000,
      lifespanMs: 60_000,
      localTag: 0xbbbb_bbbb,
      peerTag: 0xaaaa_aaaa,
      localTieTag: 11,
      peerTieTag: 12,
      localInitialTsn: 99,
      peerInitialTsn: 77,
      peerARwnd: 100_000,
      localPort: 5001,
      peerPort: 5000,
      peerAddresses: [{ ip: '192.0.2.1', udpPort: 9899 }],
    });
  });

  it('has the streams as negotiated: "MUST be 0 to min(local OS, remote MIS) - 1" (§5.1.1)', () => {
    const { cookie } = answer(
      { outboundStreams: 20, inboundStreams: 10 },
      { outboundStreams: 15, maxInboundStreams: 7 },
    );
    expect([cookie.outboundStreams, cookie.inboundStreams]).toEqual([10, 7]);
  });

  it('lives longer for a Cookie Preservative, but not at will (§3.3.2.1.3)', () => {
    const lifespan = (lifeSpanIncrementMs: number): number =>
      answer({ parameters: [{ kind: 'Cookie Preservative', lifeSpanIncrementMs }] }).cookie.lifespanMs;
    expect([lifespan(0), lifespan(1_000), lifespan(60_000), lifespan(0xffff_ffff)]).toEqual([
      60_000, 61_000, 120_000, 120_000,
    ]);
  });

  it('depends on its arguments alone: "MUST NOT allocate any resources or keep any states" (§5.1 B)', () => {
    expect(answer()).toEqual(answer());
  });
});
