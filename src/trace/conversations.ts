import { formatAddress, type NetAddress } from '../base/address.ts';
import type { Packet } from '../chunks/index.ts';
import type { CapturedPacket } from './capture.ts';
import { type Examination, examine } from './flaws.ts';

/** The side that is seen to send first, and the other. */
export type Side = 'a' | 'z';

export interface ConversationPacket extends CapturedPacket, Examination {
  readonly sender: Side;
}

/** The packets of one association, restarts included; or between two ends that never came to have one. */
export interface Conversation {
  /** SCTP ports. */
  readonly ports: Readonly<Record<Side, number>>;
  /** The addresses that each side was seen to use, in the order of their appearance. */
  readonly addresses: Readonly<Record<Side, readonly NetAddress[]>>;
  readonly packets: readonly ConversationPacket[];
}

/**
 * Sorts packets into conversations: by Verification Tags, so that all paths of a multi-homed association come together,
 * and by addresses and ports where the tags tell nothing. An INIT after the end of an association begins a new one.
 */
export function conversations(packets: Iterable<CapturedPacket>): Conversation[] {
  const all: OpenConversation[] = [];
  const byTag = new Map<number, OpenConversation>();
  const byFlow = new Map<string, OpenConversation>();
  for (const captured of packets) {
    const examination = examine(captured.packet, captured.truncated);
    const { decoded } = examination;
    const flow = flowKey(captured, decoded);
    const latest = byFlow.get(flow);
    const isNewSetUp = decoded?.chunks[0]?.kind === 'INIT';
    let conversation = byTag.get(identifyingTag(decoded)) ?? (latest?.hasEnded && isNewSetUp ? undefined : latest);
    if (conversation === undefined) {
      conversation = new OpenConversation(decoded?.sourcePort ?? 0, decoded?.destinationPort ?? 0);
      all.push(conversation);
    }
    byFlow.set(flow, conversation);
    for (const tag of conversation.add(captured, examination)) byTag.set(tag, conversation);
  }
  return all;
}

class OpenConversation implements Conversation {
  readonly ports: Readonly<Record<Side, number>>;
  readonly addresses: Record<Side, NetAddress[]> = { a: [], z: [] };
  readonly packets: ConversationPacket[] = [];
  /** Which side chose a tag. */
  readonly #owners = new Map<number, Side>();
  readonly #sides = new Map<string, Side>();
  #hasEnded = false;

  constructor(sourcePort: number, destinationPort: number) {
    this.ports = { a: sourcePort, z: destinationPort };
  }

  /** Whether an ABORT or SHUTDOWN COMPLETE has been seen. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Takes the packet in and tells by which tags the conversation can be known from now on. */
  add(captured: CapturedPacket, examination: Examination): readonly number[] {
    const { decoded } = examination;
    const sender = this.#senderOf(captured, decoded);
    const receiver = sender === 'a' ? 'z' : 'a';
    this.#meet(captured.from, decoded?.sourcePort, sender);
    this.#meet(captured.to, decoded?.destinationPort, receiver);
    this.packets.push({ ...captured, ...examination, sender });
    return decoded ? this.#learn(decoded, sender, receiver) : [];
  }

  #senderOf({ from, to }: CapturedPacket, decoded: Packet | undefined): Side {
    const owner = this.#owners.get(identifyingTag(decoded));
    if (owner !== undefined) return bearsOwnTag(decoded) ? owner : opposite(owner);
    const known = this.#sides.get(endKey(from, decoded?.sourcePort));
    if (known !== undefined) return known;
    const receiver = this.#sides.get(endKey(to, decoded?.destinationPort));
    return receiver === undefined ? 'a' : opposite(receiver);
  }

  #meet(address: NetAddress, port: number | undefined, side: Side): void {
    const key = endKey(address, port);
    if (this.#sides.has(key)) return;
    this.#sides.set(key, side);
    this.addresses[side].push(address);
  }

  #learn(packet: Packet, sender: Side, receiver: Side): readonly number[] {
    const tags: number[] = [];
    const own = (tag: number, side: Side): void => {
      if (tag === 0 || this.#owners.has(tag)) return;
      this.#owners.set(tag, side);
      tags.push(tag);
    };
    own(packet.verificationTag, bearsOwnTag(packet) ? sender : receiver);
    for (const chunk of packet.chunks) {
      if (chunk.kind === 'INIT' || chunk.kind === 'INIT ACK') own(chunk.initiateTag, sender);
      else if (chunk.kind === 'ABORT' || chunk.kind === 'SHUTDOWN COMPLETE') this.#hasEnded = true;
    }
    return tags;
  }
}

function opposite(side: Side): Side {
  return side === 'a' ? 'z' : 'a';
}

/** The tag that says whose packet it is: an INIT names its sender's, all else bears one. */
function identifyingTag(packet: Packet | undefined): number {
  const first = packet?.chunks[0];
  return first?.kind === 'INIT' ? first.initiateTag : (packet?.verificationTag ?? 0);
}

/** Whether the identifying tag is the sender's own: in an INIT, and reflected by the T bit. */
function bearsOwnTag(packet: Packet | undefined): boolean {
  return (
    packet?.chunks.some(
      (chunk) =>
        chunk.kind === 'INIT' || ((chunk.kind === 'ABORT' || chunk.kind === 'SHUTDOWN COMPLETE') && chunk.tagReflected),
    ) ?? false
  );
}

function endKey(address: NetAddress, port = 0): string {
  return `${formatAddress(address)} ${port}`;
}

/** The same for both directions between two ends. */
function flowKey({ from, to }: CapturedPacket, packet: Packet | undefined): string {
  return [endKey(from, packet?.sourcePort), endKey(to, packet?.destinationPort)].sort().join(' ');
}
