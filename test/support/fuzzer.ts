import { readUint8, writeUint8, writeUint16, writeUint32 } from '../../src/base/bytes.ts';
import { writeChecksum } from '../../src/base/checksum.ts';
import { seededRandom } from '../../src/base/random.ts';
import { chunkTypes, commonHeaderLength } from '../../src/chunks/index.ts';
import { walkTlvs } from '../../src/chunks/tlv.ts';
import { Dice } from './dice.ts';
import { FuzzScene, fuzzedKinds, fuzzedStates, receiveBufferSize } from './fuzz-scene.ts';
import { goldenCaptures } from './golden.ts';
import { PacketMutator } from './packet-mutator.ts';

export interface FuzzOptions {
  /** One seed, one run. */
  readonly seed: number;
  /** How many packets the attacker sends; 0 for as many as `bytes` asks for. */
  readonly packets: number;
  /** How many bytes the attacker sends at least. Default 0. */
  readonly bytes?: number;
  /** Called every `progressInterval` packets. */
  readonly onProgress?: (report: FuzzReport) => void;
}

/** What a run has seen. */
export interface FuzzReport {
  packets: number;
  bytes: number;
  /** Associations that were brought into a state and attacked there. */
  rounds: number;
  /** Rounds that the association under attack has not outlived. */
  ended: number;
  /** Messages that reached the user of the host, through all the changes. */
  messagesRead: number;
  /** The most packets that one packet has brought about. */
  mostAnswers: number;
  /** The most bytes held in receive buffers, as they are charged, for each association. */
  mostHeldBytes: number;
  mostAssociations: number;
  /** The longest time that one packet took, in milliseconds of real time: not asserted. */
  slowestMs: number;
}

/** A failed run; the message says how to replay it. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure';
}

const packetsPerRound = 120;
const progressInterval = 100_000;
/** Beyond the receive buffer: what fills a gap may take an eighth more (RFC 9260 §6.2 leaves that to us). */
const mostBuffered = receiveBufferSize * (1 + 1 / 8);
/** What each chunk is charged beside its bytes. */
const entryOverhead = 128;
/** 'Max.Burst' packets with DATA for each SACK chunk that a packet brings, and as many anyway. */
const maxBurst = 4;
const smallestSack = 16;
/** What the control queue takes. */
const mostWaitingAnswers = 64;

const goldenPackets = goldenCaptures().flatMap(({ packets }) => packets.map(({ bytes }) => bytes));

/** Attacks hosts in every state, single- and multi-homed, in turns, and holds what has to hold. */
export function fuzz(options: FuzzOptions): FuzzReport {
  const { seed, packets, bytes = 0, onProgress } = options;
  const scenes = fuzzedStates.flatMap((state, i) =>
    fuzzedKinds.map((kind, j) => new FuzzScene(state, kind, seed + 100 * i + 10 * j)),
  );
  const run = new Run(seed);
  let shown = 0;
  try {
    for (let turn = 0; run.report.packets < packets || run.report.bytes < bytes; turn++) {
      run.round(scenes[turn % scenes.length]!, packets, bytes);
      if (onProgress && run.report.packets >= shown + progressInterval) {
        shown = run.report.packets;
        onProgress(run.report);
      }
    }
    for (const scene of scenes) scene.finish();
  } catch (error) {
    const { packets: sent } = run.report;
    throw new FuzzFailure(
      `${run.scene}, packet ${sent}: ${error instanceof Error ? error.message : String(error)}\n` +
        `To replay: npm run fuzz -- --seed ${seed} --packets ${sent + packetsPerRound}\n` +
        `The packet: ${Buffer.from(run.latest).toString('hex')}`,
      { cause: error },
    );
  }
  run.report.messagesRead = scenes.reduce((sum, { messagesRead }) => sum + messagesRead, 0);
  return run.report;
}

class Run {
  readonly report: FuzzReport = {
    packets: 0,
    bytes: 0,
    rounds: 0,
    ended: 0,
    messagesRead: 0,
    mostAnswers: 0,
    mostHeldBytes: 0,
    mostAssociations: 0,
    slowestMs: 0,
  };
  scene = 'before the first packet';
  latest: Uint8Array = new Uint8Array(0);
  readonly #dice: Dice;
  readonly #mutator: PacketMutator;
  #live: readonly Uint8Array[] = [];
  /** The longest packet of this round, in bytes. */
  #longest = 0;

  constructor(seed: number) {
    this.#dice = new Dice(seededRandom(seed));
    this.#mutator = new PacketMutator(this.#dice, () => this.#base());
  }

  /** One association from its state to its end, or for a while. */
  round(scene: FuzzScene, packets: number, bytes: number): void {
    const { report } = this;
    this.scene = scene.name;
    scene.arrange();
    this.#live = scene.packets;
    this.#longest = 0;
    report.rounds++;
    for (let n = 0; n < packetsPerRound; n++) {
      if (report.packets >= packets && report.bytes >= bytes) break;
      this.#attack(scene);
      if (this.#dice.chance(0.1)) scene.use();
      if (this.#dice.chance(0.05)) scene.advance(this.#dice.pick([1, 10, 200, 1_000, 5_000]));
      if (scene.state !== 'none' && scene.target === undefined) {
        report.ended++;
        break;
      }
    }
    if (this.#dice.chance(0.02)) scene.advance(60_000);
    scene.checkBystander();
  }

  #attack(scene: FuzzScene): void {
    const { report } = this;
    const dice = this.#dice;
    const base = this.#base();
    const changes = dice.chance(0.15) ? 0 : dice.chance(0.6) ? 1 : dice.between(2, 5);
    const packet = this.#mutator.mutate(base, changes);
    if (dice.chance(0.97)) this.#tame(packet, scene);
    this.#address(packet, scene);
    this.latest = packet;
    const times = dice.chance(0.02) ? 5 : 1;
    const source = scene.source();
    for (let n = 0; n < times; n++) {
      const start = performance.now();
      const answers = scene.attack(n === 0 ? packet : packet.slice(), source);
      const took = performance.now() - start;
      report.packets++;
      report.bytes += packet.length;
      report.slowestMs = Math.max(report.slowestMs, took);
      report.mostAnswers = Math.max(report.mostAnswers, answers);
      this.#check(scene, packet, answers);
    }
  }

  #check({ host, heldBytes, state }: FuzzScene, packet: Uint8Array, answers: number): void {
    const { report } = this;
    const { associationCount } = host;
    // The bystander's are read at once.
    const each = heldBytes / Math.max(1, associationCount - 1);
    report.mostHeldBytes = Math.max(report.mostHeldBytes, each);
    report.mostAssociations = Math.max(report.mostAssociations, associationCount);
    // The last one that found room may have been the longest so far.
    this.#longest = Math.max(this.#longest, packet.length);
    if (each > mostBuffered + this.#longest + entryOverhead) {
      throw new Error(`${heldBytes} bytes are held`);
    }
    const sacks = Math.floor(packet.length / smallestSack);
    // Before COOKIE ACK nothing may be sent: what was asked meanwhile is then answered at once.
    const waiting = state === 'COOKIE-ECHOED' ? mostWaitingAnswers : 0;
    if (answers > 2 + waiting + maxBurst * (1 + sacks)) throw new Error(`${answers} packets were sent upon one`);
  }

  /** A packet to change: one of the peer's latest, or one that another stack once sent. */
  #base(): Uint8Array {
    const isLive = this.#live.length > 0 && this.#dice.chance(0.75);
    return this.#dice.pick(isLive ? this.#live : goldenPackets);
  }

  /**
   * Lets the chunks speak of what the association is about, and takes out most of what would end it at once: only who
   * lives long enough comes far.
   */
  #tame(packet: Uint8Array, { peerTsn, hostTsn, kind }: FuzzScene): void {
    const dice = this.#dice;
    const furthest = dice.pick([1, 4, 40, 70_000]);
    const foreignData = kind === 'interleaving' ? chunkTypes.DATA : chunkTypes['I-DATA'];
    walkTlvs(packet, commonHeaderLength, packet.length, (offset, length) => {
      const type = readUint8(packet, offset);
      if (type === foreignData || type === chunkTypes.ABORT) writeUint8(packet, offset, chunkTypes.PAD);
      if (length < 8) return;
      switch (type) {
        case chunkTypes.DATA:
        case chunkTypes['I-DATA']:
        case chunkTypes['FORWARD-TSN']:
        case chunkTypes['I-FORWARD-TSN']:
          writeUint32(packet, offset + 4, peerTsn + dice.between(-1, furthest));
          break;
        case chunkTypes.SACK:
          writeUint32(packet, offset + 4, hostTsn - dice.below(5));
          // Blocks would speak of TSNs that were not sent yet.
          if (length >= 16 && dice.chance(0.8)) writeUint32(packet, offset + 12, 0);
      }
    });
  }

  /** Gives the packet the ports, tag and checksum with which it gets furthest, mostly. */
  #address(packet: Uint8Array, scene: FuzzScene): void {
    const dice = this.#dice;
    if (packet.length < commonHeaderLength) return;
    writeUint16(packet, 0, dice.chance(0.98) ? 5001 : dice.below(0x10000));
    writeUint16(packet, 2, dice.chance(0.99) ? 5000 : dice.below(0x10000));
    const tag = dice.chance(0.9) ? rightTag(packet, scene) : this.#wrongTag(scene);
    if (tag !== undefined) writeUint32(packet, 4, tag);
    writeChecksum(packet);
    if (dice.chance(0.01)) writeUint32(packet, 8, dice.random.uint32());
  }

  #wrongTag({ target }: FuzzScene): number {
    const dice = this.#dice;
    const tag = target?.myVerificationTag ?? 0;
    return dice.pick([0, target?.peerVerificationTag ?? 0, tag ^ (1 << dice.below(32)), dice.random.uint32()]) >>> 0;
  }
}

/** The tag that the rules of RFC 9260 §8.5.1 ask for; undefined to leave it as it is. */
function rightTag(packet: Uint8Array, { target }: FuzzScene): number | undefined {
  if (packet.length < commonHeaderLength + 4) return undefined;
  const type = readUint8(packet, commonHeaderLength);
  if (type === chunkTypes.INIT) return 0;
  if (type === chunkTypes['COOKIE ECHO']) return undefined;
  const isReflecting = type === chunkTypes.ABORT || type === chunkTypes['SHUTDOWN COMPLETE'];
  const isReflected = isReflecting && (readUint8(packet, commonHeaderLength + 1) & 1) === 1;
  return isReflected ? target?.peerVerificationTag : target?.myVerificationTag;
}
