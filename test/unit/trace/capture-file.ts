/** Builds capture files byte by byte, in either byte order: independent of the writer under test. */
export class FileBuilder {
  readonly #bytes: number[] = [];
  readonly #littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.#littleEndian = littleEndian;
  }

  uint16(...values: number[]): this {
    for (const value of values) this.#put([value >>> 8, value]);
    return this;
  }

  uint32(...values: number[]): this {
    for (const value of values) this.#put([value >>> 24, value >>> 16, value >>> 8, value]);
    return this;
  }

  raw(bytes: Iterable<number>): this {
    this.#bytes.push(...bytes);
    return this;
  }

  /** A pcapng block: its type, its length before and behind, and padding. */
  block(type: number, body: Uint8Array): this {
    const padding = -body.length & 3;
    const length = 12 + body.length + padding;
    return this.uint32(type, length).raw(body).raw(new Uint8Array(padding)).uint32(length);
  }

  build(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  #put(bigEndian: number[]): void {
    this.#bytes.push(...(this.#littleEndian ? bigEndian.toReversed() : bigEndian));
  }
}

export interface PcapOptions {
  readonly littleEndian?: boolean;
  readonly nanoseconds?: boolean;
  readonly linkType?: number;
}

/** A classic pcap file; each frame's time is 1.5 s after that of the one before, the first at 1,700,000,000.25. */
export function pcapFile(frames: readonly Uint8Array[], options: PcapOptions = {}): Uint8Array {
  const { littleEndian = true, nanoseconds = false, linkType = 101 } = options;
  const file = new FileBuilder(littleEndian)
    .uint32(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4)
    .uint16(2, 4)
    .uint32(0, 0, 0x40000, linkType);
  frames.forEach((frame, i) => {
    const time = 1_700_000_000.25 + 1.5 * i;
    const fraction = (time % 1) * (nanoseconds ? 1e9 : 1e6);
    file.uint32(Math.floor(time), fraction, frame.length, frame.length).raw(frame);
  });
  return file.build();
}
