/** The cargo of a DATA or I-DATA chunk; nothing above the codecs asks which of the two is on the wire. */
export interface Fragment {
  readonly streamId: number;
  readonly unordered: boolean;
  /** B bit: the first fragment of a user message. */
  readonly beginning: boolean;
  /** E bit: the last fragment of a user message. */
  readonly ending: boolean;
  /** SSN (16 bits) of DATA or MID (32 bits) of I-DATA. */
  readonly messageId: number;
  /** FSN of I-DATA, 0 in the first fragment; always 0 for DATA, whose fragments are ordered by TSN. */
  readonly fsn: number;
  /** I-DATA carries it in the first fragment only: 0 in the others. */
  readonly ppid: number;
  /** A view into the packet. */
  readonly payload: Uint8Array;
}

/** The flags of DATA and I-DATA (RFC 9260 §3.3.1, RFC 8260 §2.1). */
export const immediateBit = 0x08;
export const unorderedBit = 0x04;
export const beginningBit = 0x02;
export const endingBit = 0x01;

export function fragmentFlags(fragment: Fragment, immediateAck: boolean): number {
  return (
    (immediateAck ? immediateBit : 0) |
    (fragment.unordered ? unorderedBit : 0) |
    (fragment.beginning ? beginningBit : 0) |
    (fragment.ending ? endingBit : 0)
  );
}
