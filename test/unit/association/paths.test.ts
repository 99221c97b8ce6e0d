import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/association/context.ts';
import { addressOf, createContext } from './rooms.ts';

/** What the user was told of paths: `'10.0.0.1 inactive'`. */
function reports(context: Context): string[] {
  const reports: string[] = [];
  for (let event = context.events.shift(); event !== undefined; event = context.events.shift()) {
    if (event.kind === 'pathChange') reports.push(`${event.path.address.ip} ${event.path.state}`);
  }
  return reports;
}

function fail(context: Context, ip: string, times = 1): boolean {
  let isReachable = true;
  for (let i = 0; i < times; i++) isReachable = context.paths.handleFailure(context.paths.find(ip)!, true, 0);
  return isReachable;
}

/** A context in which `close` may be called. */
function withState(context: Context): Context {
  context.state = { name: 'COOKIE-WAIT' } as Context['state'];
  return context;
}

describe('a path', () => {
  it.each([
    ['10.0.0.1', 28, 65_507, 1_472, 1_500],
    ['::1', 28, 65_507, 1_452, 1_500],
    ['10.0.0.1', 0, 65_507, 1_500, 1_500],
    ['10.0.0.1', 28, 1_199, 1_196, 1_224],
  ])(
    'to %s, with %i bytes of headers and packets up to %i, takes packets of %i bytes',
    (ip, overhead, maxPacketSize, size, pathMtu) => {
      const context = createContext(['10.0.0.9'], { overhead, maxPacketSize });
      context.paths.adopt([{ ip, udpPort: 0 }]);
      const path = context.paths.find(ip)!;
      expect([path.maxPacketSize, path.pathMtu, path.pmdcs]).toEqual([size, pathMtu, size - 12]);
      expect(path.maxPacketSize % 4).toBe(0);
    },
  );

  it.each([
    ['10.0.0.1', 28, {}, 1_200, 1_228],
    ['10.0.0.1', 20, {}, 1_200, 1_220],
    ['::1', 28, {}, 1_232, 1_280],
    ['10.0.0.1', 28, { maxPathMtu: 600 }, 572, 600],
    ['10.0.0.1', 28, { pmtud: false }, 1_472, 1_500],
  ])(
    'to %s, with %i bytes of headers and %j, begins with packets of %i bytes where its MTU is discovered',
    (ip, overhead, options, size, pathMtu) => {
      const context = createContext(['10.0.0.9'], { overhead, options, linkMtu: () => 9_000 });
      context.paths.adopt([{ ip, udpPort: 0 }]);
      const path = context.paths.find(ip)!;
      expect([path.maxPacketSize, path.pathMtu, path.assuredPacketSize]).toEqual([size, pathMtu, size]);
    },
  );

  it('begins with RTO.Initial and the initial cwnd, and says so', () => {
    const [status] = createContext(['10.0.0.1']).paths.status();
    expect(status).toEqual({
      address: addressOf('10.0.0.1'),
      localAddress: undefined,
      state: 'active',
      isPrimary: true,
      srttMs: undefined,
      rtoMs: 1_000,
      cwnd: 4_404,
      ssthresh: Number.MAX_SAFE_INTEGER,
      flightSize: 0,
      pathMtu: 1_500,
      errorCount: 0,
    });
  });
});

it('RFC 9260 §7.2: there is a "partial_bytes_acked for EACH destination address of its peer"', () => {
  const { paths } = createContext(['10.0.0.1', '10.0.0.2']);
  const [one, other] = [...paths].map(({ congestion }) => congestion);
  const full = {
    isWindowFull: true,
    isAllAcknowledged: false,
    isInFastRecovery: false,
    cumulativeTsnAckAdvanced: true,
  };
  for (const congestion of [one, other]) {
    congestion?.handleFastRetransmit();
    congestion?.handleAcknowledgement({ ...full, bytesAcked: 1_500 });
  }
  one?.handleAcknowledgement({ ...full, bytesAcked: 1_000 });
  expect([one?.partialBytesAcked, other?.partialBytesAcked]).toEqual([1_000, 0]);
});

describe('endpoint failure detection (RFC 9260 §8.1)', () => {
  it('"exceeds the limit indicated in the protocol parameter Association.Max.Retrans": the peer is unreachable', () => {
    const context = withState(createContext(['10.0.0.1'], { options: { associationMaxRetrans: 3 } }));
    expect([fail(context, '10.0.0.1', 3), context.state.name]).toEqual([true, 'COOKIE-WAIT']);
    expect([fail(context, '10.0.0.1'), context.state.name]).toEqual([false, 'CLOSED']);
    const events = [...context.events];
    expect(events.at(-1)).toMatchObject({
      kind: 'closed',
      ending: { graceful: false, by: 'local', error: { code: 'SCTP_ERR_PEER_UNREACHABLE' } },
    });
  });

  it('counts the failures of all paths together, in a row', () => {
    const context = withState(createContext(['10.0.0.1', '10.0.0.2'], { options: { associationMaxRetrans: 3 } }));
    fail(context, '10.0.0.1', 2);
    context.paths.handlePeerReachable();
    fail(context, '10.0.0.2', 2);
    expect([fail(context, '10.0.0.1'), fail(context, '10.0.0.2')]).toEqual([true, false]);
  });

  it('"Unacknowledged HEARTBEAT chunks observed on paths different from the path currently used […] SHOULD NOT increment"', () => {
    const context = createContext(['10.0.0.1', '10.0.0.2'], { options: { associationMaxRetrans: 1 } });
    for (let i = 0; i < 10; i++) context.paths.handleFailure(context.paths.find('10.0.0.2')!, false, 0);
    expect(context.paths.associationErrorCount).toBe(0);
  });
});

describe('path failure detection (RFC 9260 §8.2, RFC 7829 §3.2)', () => {
  const options = { pathMaxRetrans: 2, potentiallyFailedMaxRetrans: 1, associationMaxRetrans: 100 };

  it('tells when a path has potentially failed, and when it is inactive: when the counter "exceeds" its limit', () => {
    const context = createContext(['10.0.0.1', '10.0.0.2'], { options });
    fail(context, '10.0.0.1');
    expect(reports(context)).toEqual([]);
    fail(context, '10.0.0.1');
    expect(reports(context)).toEqual(['10.0.0.1 potentially-failed']);
    fail(context, '10.0.0.1');
    expect(reports(context)).toEqual(['10.0.0.1 inactive']);
    fail(context, '10.0.0.1', 5);
    expect(reports(context)).toEqual([]);
  });

  it('"SHOULD clear the error counter" with an acknowledgement, and tells that the path is back', () => {
    const context = createContext(['10.0.0.1', '10.0.0.2'], { options });
    fail(context, '10.0.0.1', 7);
    reports(context);
    context.paths.handleSuccess(context.paths.find('10.0.0.1')!, 'data was acknowledged');
    expect(reports(context)).toEqual(['10.0.0.1 active']);
    expect(context.paths.primary.errorCount).toBe(0);
  });

  it('sends data elsewhere meanwhile, and returns', () => {
    const context = createContext(['10.0.0.1', '10.0.0.2'], { options });
    const { paths } = context;
    fail(context, '10.0.0.1', 2);
    expect([paths.primary.address.ip, paths.current.address.ip]).toEqual(['10.0.0.1', '10.0.0.2']);
    paths.handleSuccess(paths.primary, 'a heartbeat was answered');
    expect(paths.current.address.ip).toBe('10.0.0.1');
  });

  it('where all have failed, uses the one with "the lowest error count"', () => {
    const context = createContext(['10.0.0.1', '10.0.0.2', '10.0.0.3'], { options });
    fail(context, '10.0.0.1', 6);
    fail(context, '10.0.0.2', 4);
    fail(context, '10.0.0.3', 5);
    expect(context.paths.current.address.ip).toBe('10.0.0.2');
  });

  it('retransmits on another path: "SHOULD try to retransmit […] to an active destination transport address that is different" (§6.4)', () => {
    const { paths } = createContext(['10.0.0.1', '10.0.0.2']);
    const [first, second] = [...paths];
    expect(paths.alternativeTo(first!)).toBe(second);
    expect(paths.alternativeTo(second!)).toBe(first);
    const alone = createContext(['10.0.0.1']).paths;
    expect(alone.alternativeTo(alone.primary)).toBe(alone.primary);
  });

  it('with Primary.Switchover.Max.Retrans, makes another path the primary one (RFC 7829 §5)', () => {
    const context = createContext(['10.0.0.1', '10.0.0.2'], {
      options: { ...options, primarySwitchoverMaxRetrans: 2 },
    });
    fail(context, '10.0.0.1', 2);
    expect(context.paths.primary.address.ip).toBe('10.0.0.1');
    fail(context, '10.0.0.1');
    expect(context.paths.primary.address.ip).toBe('10.0.0.2');
  });
});

describe('path verification (RFC 9260 §5.4)', () => {
  it('"MUST NOT send any chunks to an UNCONFIRMED address"', () => {
    const context = createContext(['10.0.0.1', '10.0.0.2'], { confirmed: 1 });
    const { paths } = context;
    const second = paths.find('10.0.0.2')!;
    expect([paths.forReplyTo(second), paths.alternativeTo(paths.primary)]).toEqual([paths.primary, paths.primary]);
    paths.handleSuccess(second, 'a heartbeat was answered');
    expect([paths.forReplyTo(second), paths.alternativeTo(paths.primary)]).toEqual([second, second]);
    expect(reports(context)).toEqual(['10.0.0.2 active']);
  });

  it('1: addresses that our user named are confirmed; those that the peer adds are not', () => {
    const { paths } = createContext(['10.0.0.1']);
    paths.adopt(['10.0.0.1', '10.0.0.2'].map(addressOf));
    expect(paths.status().map(({ address, state }) => `${address.ip} ${state}`)).toEqual([
      '10.0.0.1 active',
      '10.0.0.2 unconfirmed',
    ]);
  });

  it('keeps what is known of an address that the peer names again, and forgets what it does not name', () => {
    const { paths } = createContext(['10.0.0.1', '10.0.0.2']);
    paths.find('10.0.0.2')!.rto.measure(70);
    const { version } = paths;
    paths.adopt(['10.0.0.2', '10.0.0.3'].map(addressOf));
    expect(paths.status().map(({ address, srttMs }) => `${address.ip} ${srttMs}`)).toEqual([
      '10.0.0.2 70',
      '10.0.0.3 undefined',
    ]);
    expect([paths.primary.address.ip, paths.version > version]).toEqual(['10.0.0.2', true]);
  });

  it('confirms where the peer spoke from when it names none of the addresses that we know', () => {
    const { paths } = createContext(['10.0.0.1']);
    paths.adopt(['10.0.0.7', '10.0.0.8'].map(addressOf));
    expect(paths.status().map(({ state, isPrimary }) => [state, isPrimary])).toEqual([
      ['active', true],
      ['unconfirmed', false],
    ]);
  });
});

describe('a restart of the peer (RFC 9260 §5.2.4)', () => {
  it('"All the congestion control parameters […] MUST be reset to their initial values"', () => {
    const { paths } = createContext(['10.0.0.1', '10.0.0.2']);
    paths.primary.congestion.handleRetransmissionTimeout();
    paths.primary.rto.measure(70);
    paths.primary.countError();
    paths.restart(['10.0.0.1', '10.0.0.2'].map(addressOf));
    expect(paths.primary.status(true)).toMatchObject({ cwnd: 4_404, rtoMs: 1_000, srttMs: undefined, errorCount: 0 });
    expect([...paths].map(({ isConfirmed }) => isConfirmed)).toEqual([true, false]);
  });
});

describe('UDP encapsulation (RFC 6951 §5.4)', () => {
  it('follows the UDP port from which the peer speaks', () => {
    const context = createContext(['10.0.0.1:9899']);
    const path = context.paths.handleArrival(addressOf('10.0.0.1:61000'), addressOf('10.0.0.9:9899'), 0);
    expect(path?.address).toEqual(addressOf('10.0.0.1:61000'));
    expect(path?.localAddress).toEqual(addressOf('10.0.0.9:9899'));
    expect(context.paths.handleArrival(addressOf('10.0.0.2:61000'), undefined, 0)).toBeUndefined();
    expect(reports(context)).toEqual(['10.0.0.1 active']);
  });
});

describe('the primary path (RFC 9260 §11.1.6)', () => {
  it('is the first, until another is set', () => {
    const context = createContext(['10.0.0.1', '10.0.0.2']);
    expect(context.paths.setPrimary('10.0.0.2')).toBe(true);
    expect(context.paths.current.address.ip).toBe('10.0.0.2');
    expect(context.paths.setPrimary('10.0.0.3')).toBe(false);
    expect(reports(context)).toEqual(['10.0.0.2 active']);
  });
});

describe('INIT and COOKIE ECHO', () => {
  it('try the confirmed addresses in turn', () => {
    const { paths } = createContext(['10.0.0.1', '10.0.0.2', '10.0.0.3'], { confirmed: 2 });
    const second = paths.nextUsable(paths.primary);
    expect([second.address.ip, paths.nextUsable(second).address.ip]).toEqual(['10.0.0.2', '10.0.0.1']);
  });
});

describe('local addresses (RFC 9260 §6.4.1)', () => {
  it('are paired with those of the peer so that the paths are "the most divergent"', () => {
    const { paths } = createContext(['10.0.0.1', '10.0.1.1'], {
      localAddresses: ['10.0.0.9', '10.0.1.9'],
    });
    expect(paths.status().map(({ localAddress }) => localAddress?.ip)).toEqual(['10.0.0.9', '10.0.1.9']);
  });
});

describe('timers', () => {
  it('of all paths come down to the earliest', () => {
    const { paths } = createContext(['10.0.0.1', '10.0.0.2']);
    expect(paths.nextTimeout).toBe(Infinity);
    const [first, second] = [...paths];
    first!.heartbeatTimer.start(0, 500);
    second!.t3Rtx.start(0, 300);
    expect(paths.nextTimeout).toBe(300);
    second!.t3Rtx.stop();
    paths.stopHeartbeats();
    expect(paths.nextTimeout).toBe(Infinity);
  });
});
