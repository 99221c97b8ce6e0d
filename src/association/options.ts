import { SctpError } from '../base/errors.ts';
import { schedulerNames } from '../streams/schedulers.ts';
import type { SchedulerName } from '../streams/stream-scheduler.ts';

/**
 * What an association can be told, under the RFC's names in camelCase; durations in milliseconds, sizes in bytes.
 * Defaults are those of RFC 9260 §16 unless the line says otherwise.
 */
export interface AssociationOptions {
  /** Streams that we ask for towards the peer (OS, RFC 9260 §5.1.1), 1 to 65535. */
  readonly outboundStreams: number;
  /** Streams that we accept from the peer (MIS, RFC 9260 §5.1.1), 1 to 65535. */
  readonly maxInboundStreams: number;
  /** RTO.Initial */
  readonly rtoInitialMs: number;
  /** RTO.Min */
  readonly rtoMinMs: number;
  /** RTO.Max */
  readonly rtoMaxMs: number;
  /** RTO.Alpha, between 0 and 1. */
  readonly rtoAlpha: number;
  /** RTO.Beta, between 0 and 1. */
  readonly rtoBeta: number;
  /** Max.Burst: packets sent at once; 0 for no limit. */
  readonly maxBurst: number;
  /** Valid.Cookie.Life */
  readonly validCookieLifeMs: number;
  /** Association.Max.Retrans: failures in a row, on all paths, after which the peer is unreachable (§8.1). */
  readonly associationMaxRetrans: number;
  /** Path.Max.Retrans: failures in a row after which a path is inactive (§8.2). */
  readonly pathMaxRetrans: number;
  /**
   * PotentiallyFailed.Max.Retrans (RFC 7829 §3.2): failures in a row after which data avoids a path; from pathMaxRetrans
   * on it means nothing.
   */
  readonly potentiallyFailedMaxRetrans: number;
  /**
   * Primary.Switchover.Max.Retrans (RFC 7829 §5): failures in a row after which another path becomes the primary one. At
   * least potentiallyFailedMaxRetrans; undefined, the RFC's recommendation: data returns to the primary path once it works.
   */
  readonly primarySwitchoverMaxRetrans: number | undefined;
  /** Max.Init.Retransmits: how often INIT and COOKIE ECHO are sent again. */
  readonly maxInitRetransmits: number;
  /** HB.interval, added to the RTO; 0 turns heartbeats off (§8.3), but for those that verify an address (§5.4). */
  readonly hbIntervalMs: number;
  /** HB.Max.Burst: addresses that are probed for verification within one RTO (§5.4). */
  readonly hbMaxBurst: number;
  /**
   * How long the peer may let data wait before the association is ended with "Out of Resource": data of ours that it does not
   * acknowledge, its window being closed, or messages of its own that it does not complete. Nothing ends it as long as the
   * cumulative TSN moves, or our own reader has something to read. 0 turns this off: §6.1 A lets a slow reader keep its window
   * closed for as long as it answers.
   */
  readonly standstillMs: number;
  /** SACK.Delay, at most 500 (§6.2). */
  readonly sackDelayMs: number;
  /**
   * Packets with DATA after which a SACK goes out without delay (§6.2: 2). More spares packets, and slows down peers that grow by
   * the number of SACKs, as most do.
   */
  readonly sackFrequency: number;
  /** Bytes that may wait for the reader: the a_rwnd of our INIT. At least 1500 (§3.3.2). */
  readonly receiveBufferSize: number;
  /**
   * The partial delivery point (RFC 6458 §8.1.21) in bytes: where messages are read in pieces, those that are not complete are
   * handed over once so much of them is there; or a quarter of `receiveBufferSize`, if that is less.
   */
  readonly partialDeliveryPoint: number;
  /**
   * Bytes that `send` takes before it makes the caller wait: not yet acknowledged by the peer. Many small messages fill it, too:
   * one for each 256 bytes of it.
   */
  readonly sendBufferSize: number;
  /**
   * The largest message that `send` takes whole, in bytes; messages in pieces have no bound. The default is what a peer of this
   * package takes whole with its own default of `receiveBufferSize`; other peers may take more, or less.
   */
  readonly maxMessageSize: number;
  /** Whether small messages go out at once. False waits for more while data is outstanding (Nagle's algorithm, RFC 1122 §4.2.3.4). */
  readonly noDelay: boolean;
  /**
   * Whether path MTUs are discovered (RFC 8899) where the transport can: UDP does, and memory does not. Default: true, unless
   * `pathMtu` is given.
   */
  readonly pmtud: boolean;
  /** The largest path MTU to look for, in bytes, IP header included. At least 512. */
  readonly maxPathMtu: number;
  /** The path MTU where it is not discovered, in bytes, IP header included; no packet of ours is larger then. At least 512. */
  readonly pathMtu: number;
  /** FORWARD TSN (RFC 3758): whether messages may be given up, where the peer speaks it, too. */
  readonly partialReliability: boolean;
  /** I-DATA (RFC 8260): whether large messages let others pass, where the peer speaks it, too. */
  readonly interleaving: boolean;
  /**
   * With `interleaving`: whether I-DATA is used with peers that look like Linux, too, whose fragments have other numbers than those of
   * RFC 8260: the second one has FSN 0. Without this option such peers get DATA. A peer looks so when it lists I-DATA and not
   * I-FORWARD-TSN.
   */
  readonly linuxInterleaving: boolean;
  /** RE-CONFIG (RFC 6525): whether streams can be reset and added, where the peer speaks it, too. */
  readonly streamReconfiguration: boolean;
  /** RFC 9653: whether packets go without a CRC32c where the transport below protects them and the peer agrees. */
  readonly zeroChecksum: boolean;
  /** How streams share the association (RFC 8260 §3). */
  readonly scheduler: SchedulerName;
  /** Initial cwnd in packets instead of the bytes of §7.2.1; undefined for the RFC's. */
  readonly initialCwndPackets: number | undefined;
}

export type OptionsPreset = 'rfc9260' | 'webrtc';

/** RFC 9260 §16, and what it leaves to us. */
export const defaultOptions: AssociationOptions = {
  // The RFC names no number. A thousand outbound streams serve every use we know of and do not make a peer that
  // allocates per stream pay for 65535 of them; inbound ones cost us nothing until they are used.
  outboundStreams: 1024,
  maxInboundStreams: 65_535,
  // RFC 9260 §16: "The following protocol parameters are RECOMMENDED".
  rtoInitialMs: 1_000,
  // RFC 9260 §16: "'RTO.Min' SHOULD be set as described above in this section."
  rtoMinMs: 1_000,
  rtoMaxMs: 60_000,
  rtoAlpha: 1 / 8,
  rtoBeta: 1 / 4,
  maxBurst: 4,
  validCookieLifeMs: 60_000,
  associationMaxRetrans: 10,
  pathMaxRetrans: 5,
  potentiallyFailedMaxRetrans: 0,
  primarySwitchoverMaxRetrans: undefined,
  maxInitRetransmits: 8,
  hbIntervalMs: 30_000,
  hbMaxBurst: 1,
  standstillMs: 0,
  sackDelayMs: 200,
  sackFrequency: 2,
  // Large enough that a path of 100 ms is not bound by the window before 300 Mbit/s.
  receiveBufferSize: 4 * 1024 * 1024,
  partialDeliveryPoint: 64 * 1024,
  sendBufferSize: 4 * 1024 * 1024,
  // What `receiveBufferSize` holds of one message in fragments of 384 bytes or more, which a path MTU of 512 bytes has room for:
  // each is charged 128 bytes beside its own. The reserve of the buffer covers the smallest that our sender cuts, 256 bytes.
  maxMessageSize: 3 * 1024 * 1024,
  // A message is sent when the user sends it: what should travel together is sent in one turn, and then is bundled.
  noDelay: true,
  // RFC 9260 §7.3: "An endpoint SHOULD apply these techniques".
  pmtud: true,
  maxPathMtu: 65_535,
  pathMtu: 1_500,
  partialReliability: true,
  // RFC 8260 §2.2.1: "MUST NOT indicate user message interleaving support unless the user has requested its use".
  interleaving: false,
  linuxInterleaving: false,
  streamReconfiguration: true,
  zeroChecksum: true,
  scheduler: 'first-come-first-served',
  initialCwndPackets: undefined,
};

const webrtcOptions: AssociationOptions = {
  ...defaultOptions,
  // As browsers do: all streams, a short RTO, an initial window of ten packets (RFC 6928), packets of 1200 bytes below DTLS.
  outboundStreams: 65_535,
  rtoInitialMs: 500,
  rtoMinMs: 400,
  initialCwndPackets: 10,
  pmtud: false,
  pathMtu: 1_228,
};

export const presets: Readonly<Record<OptionsPreset, AssociationOptions>> = {
  rfc9260: defaultOptions,
  webrtc: webrtcOptions,
};

/** For each option the least and the greatest value that makes sense, and whether it is a whole number. */
const bounds: Readonly<Record<NumericOption, readonly [least: number, greatest: number, kind: 'integer' | 'number']>> =
  {
    // RFC 9260 §3.3.2: "The value of 0 MUST NOT be used."; "The value 0 MUST NOT be used." §3.3.3: "The value of 0 MUST
    // NOT be used, and the value MUST NOT be greater than the MIS value".
    outboundStreams: [1, 65_535, 'integer'],
    maxInboundStreams: [1, 65_535, 'integer'],
    rtoInitialMs: [1, 600_000, 'number'],
    rtoMinMs: [1, 600_000, 'number'],
    rtoMaxMs: [1, 600_000, 'number'],
    rtoAlpha: [0, 1, 'number'],
    rtoBeta: [0, 1, 'number'],
    maxBurst: [0, 65_535, 'integer'],
    validCookieLifeMs: [1, 3_600_000, 'number'],
    associationMaxRetrans: [0, 65_535, 'integer'],
    pathMaxRetrans: [0, 65_535, 'integer'],
    potentiallyFailedMaxRetrans: [0, 65_535, 'integer'],
    primarySwitchoverMaxRetrans: [0, 65_535, 'integer'],
    hbMaxBurst: [1, 255, 'integer'],
    standstillMs: [0, 2_147_483_647, 'integer'],
    maxInitRetransmits: [0, 65_535, 'integer'],
    hbIntervalMs: [0, 86_400_000, 'number'],
    // RFC 9260 §6.2: "An implementation MUST NOT allow the maximum delay […] to be configured to be more than 500 ms."
    sackDelayMs: [0, 500, 'number'],
    sackFrequency: [1, 16, 'integer'],
    // RFC 9260 §3.3.2: "The Advertised Receiver Window Credit MUST NOT be smaller than 1500."
    receiveBufferSize: [1_500, 0xffff_ffff, 'integer'],
    partialDeliveryPoint: [1, 0xffff_ffff, 'integer'],
    sendBufferSize: [1, 0xffff_ffff, 'integer'],
    maxMessageSize: [1, 0xffff_ffff, 'integer'],
    maxPathMtu: [512, 65_535, 'integer'],
    pathMtu: [512, 65_535, 'integer'],
    initialCwndPackets: [1, 1_000, 'integer'],
  };

type BooleanOption =
  | 'pmtud'
  | 'noDelay'
  | 'partialReliability'
  | 'interleaving'
  | 'linuxInterleaving'
  | 'streamReconfiguration'
  | 'zeroChecksum';
type NumericOption = Exclude<keyof AssociationOptions, BooleanOption | 'scheduler'>;

/**
 * Fills in defaults and checks every value once.
 * @throws SctpError SCTP_ERR_INVALID_ARGUMENT
 */
export function resolveOptions(
  given: Partial<AssociationOptions> & { readonly defaults?: OptionsPreset | undefined },
): AssociationOptions {
  const preset = presets[given.defaults ?? 'rfc9260'];
  if (preset === undefined) {
    throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `defaults must be one of ${Object.keys(presets).join(', ')}`);
  }
  const chosen = Object.keys(given).filter((name) => isOption(name) && (given[name] ?? undefined) !== undefined);
  if (chosen.length === 0) return preset;
  // Who names a path MTU wants that one.
  const pmtud = (given.pathMtu ?? undefined) === undefined && preset.pmtud;
  const resolved: Record<string, unknown> = { ...preset, pmtud };
  for (const name of chosen as (keyof AssociationOptions)[]) {
    checkOption(name, given[name]);
    resolved[name] = given[name];
  }
  const options = resolved as unknown as AssociationOptions;
  if (options.rtoMinMs > options.rtoMaxMs) {
    throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', 'rtoMinMs must not be greater than rtoMaxMs');
  }
  const { primarySwitchoverMaxRetrans, potentiallyFailedMaxRetrans } = options;
  // RFC 7829 §5 1: "the PSMR MUST be set greater than or equal to the PFMR value. […] Implementations MUST reject any
  // other values of PSMR."
  if (primarySwitchoverMaxRetrans !== undefined && primarySwitchoverMaxRetrans < potentiallyFailedMaxRetrans) {
    throw new SctpError(
      'SCTP_ERR_INVALID_ARGUMENT',
      'primarySwitchoverMaxRetrans must not be less than potentiallyFailedMaxRetrans',
    );
  }
  return options;
}

/** Whether any of the options is given: `given` may have other properties, too. */
export function givesOptions(given: object): boolean {
  for (const name in given) if (name === 'defaults' || isOption(name)) return true;
  return false;
}

function isOption(name: string): name is keyof AssociationOptions {
  return Object.hasOwn(defaultOptions, name);
}

function isBooleanOption(name: keyof AssociationOptions): name is BooleanOption {
  return typeof defaultOptions[name] === 'boolean';
}

const optionalOptions: ReadonlySet<keyof AssociationOptions> = new Set([
  'initialCwndPackets',
  'primarySwitchoverMaxRetrans',
] as const);

function checkOption(name: keyof AssociationOptions, value: unknown): void {
  if (name === 'scheduler') {
    if (schedulerNames.includes(value as SchedulerName)) return;
    throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `scheduler must be one of ${schedulerNames.join(', ')}`);
  }
  if (isBooleanOption(name)) {
    if (typeof value === 'boolean') return;
    throw new SctpError('SCTP_ERR_INVALID_ARGUMENT', `${name} must be true or false`);
  }
  if (optionalOptions.has(name) && value === undefined) return;
  const [least, greatest, kind] = bounds[name];
  const isOfKind = typeof value === 'number' && (kind === 'number' || Number.isInteger(value));
  if (isOfKind && value >= least && value <= greatest) return;
  throw new SctpError(
    'SCTP_ERR_INVALID_ARGUMENT',
    `${name} must be ${kind === 'integer' ? 'an integer' : 'a number'} from ${least} to ${greatest}, not ${String(value)}`,
  );
}
