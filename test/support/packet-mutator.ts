import {
  padded,
  readUint8,
  readUint16,
  readUint32,
  writeUint8,
  writeUint16,
  writeUint32,
} from '../../src/base/bytes.ts';
import { chunkTypes, commonHeaderLength } from '../../src/chunks/index.ts';
import { walkTlvs } from '../../src/chunks/tlv.ts';
import type { Dice } from './dice.ts';

const knownTypes = Object.values(chunkTypes);
const edges16 = [0, 1, 2, 3, 4, 5, 8, 0x7fff, 0x8000, 0xfffc, 0xffff];
const edges32 = [0, 1, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
/** Larger than UDP carries: nothing larger arrives. */
const maxPacketSize = 65_507;

/** A chunk (or what once was one) on its own, padding included. */
type Piece = Uint8Array;

type Change = (pieces: Piece[]) => void;

/** Changes packets as somebody does who knows how they are made. The common header is left alone. */
export class PacketMutator {
  readonly #dice: Dice;
  readonly #donor: () => Uint8Array;
  readonly #changes: readonly Change[];

  /** `donor` gives packets to take chunks and numbers from. */
  constructor(dice: Dice, donor: () => Uint8Array) {
    this.#dice = dice;
    this.#donor = donor;
    const word = this.#changeWord.bind(this);
    const half = this.#changeHalf.bind(this);
    const splice = this.#splice.bind(this);
    this.#changes = [
      word,
      word,
      word,
      half,
      half,
      splice,
      splice,
      this.#changeByte.bind(this),
      this.#changeType.bind(this),
      this.#changeFlags.bind(this),
      this.#changeLength.bind(this),
      this.#resize.bind(this),
      this.#repeat.bind(this),
      this.#remove.bind(this),
      this.#swap.bind(this),
      this.#cut.bind(this),
    ];
  }

  /** A copy of `packet` with `changes` changes; its checksum is not right any more. */
  mutate(packet: Uint8Array, changes: number): Uint8Array {
    const pieces = split(packet);
    for (let n = 0; n < changes; n++) this.#dice.pick(this.#changes)(pieces);
    return join(packet.subarray(0, commonHeaderLength), pieces);
  }

  #changeWord(pieces: Piece[]): void {
    const piece = this.#any(pieces, 8);
    if (piece === undefined) return;
    const offset = 4 * this.#dice.between(1, (piece.length >>> 2) - 1);
    writeUint32(piece, offset, this.#wordLike(readUint32(piece, offset)));
  }

  #wordLike(value: number): number {
    const dice = this.#dice;
    switch (dice.below(4)) {
      case 0:
        return (value + dice.between(-4, 4)) >>> 0;
      case 1:
        return dice.pick(edges32);
      case 2: {
        const donor = this.#donor();
        const words = (donor.length >>> 2) - 1;
        return words < 1 ? value : (readUint32(donor, 4 * dice.between(1, words)) + dice.between(-2, 2)) >>> 0;
      }
      default:
        return dice.random.uint32();
    }
  }

  /** Also the lengths of parameters and causes, and counts of blocks. */
  #changeHalf(pieces: Piece[]): void {
    const piece = this.#any(pieces, 8);
    if (piece === undefined) return;
    const dice = this.#dice;
    const offset = 2 * dice.between(2, (piece.length >>> 1) - 1);
    const value = readUint16(piece, offset);
    const near = (value + dice.between(-4, 4)) & 0xffff;
    writeUint16(piece, offset, dice.chance(0.5) ? near : dice.chance(0.5) ? dice.pick(edges16) : dice.below(0x10000));
  }

  #changeByte(pieces: Piece[]): void {
    const piece = this.#any(pieces, 1);
    if (piece === undefined) return;
    const offset = this.#dice.below(piece.length);
    writeUint8(piece, offset, readUint8(piece, offset) ^ (1 << this.#dice.below(8)));
  }

  #changeType(pieces: Piece[]): void {
    const piece = this.#any(pieces, 4);
    if (piece !== undefined) writeUint8(piece, 0, this.#dice.pick(knownTypes));
  }

  #changeFlags(pieces: Piece[]): void {
    const piece = this.#any(pieces, 4);
    if (piece !== undefined) writeUint8(piece, 1, this.#dice.below(this.#dice.chance(0.8) ? 16 : 256));
  }

  #changeLength(pieces: Piece[]): void {
    const piece = this.#any(pieces, 4);
    if (piece === undefined) return;
    const near = (readUint16(piece, 2) + this.#dice.between(-5, 5)) & 0xffff;
    writeUint16(piece, 2, this.#dice.chance(0.5) ? near : this.#dice.pick(edges16));
  }

  /** A chunk with more or fewer bytes, and a length that says so. */
  #resize(pieces: Piece[]): void {
    const index = this.#dice.below(pieces.length || 1);
    const piece = pieces[index];
    if (piece === undefined || piece.length < 4) return;
    const length = this.#dice.chance(0.1)
      ? this.#dice.between(4, 9_000)
      : Math.max(4, Math.min(piece.length, readUint16(piece, 2)) + this.#dice.between(-24, 24));
    const resized = new Uint8Array(padded(length));
    resized.set(piece.subarray(0, Math.min(length, piece.length)));
    for (let at = piece.length; at < length; at += 4) writeUint8(resized, at, this.#dice.below(256));
    writeUint16(resized, 2, length);
    pieces[index] = resized;
  }

  #repeat(pieces: Piece[]): void {
    const piece = this.#any(pieces, 1);
    if (piece === undefined) return;
    const times = this.#dice.chance(0.05) ? 100 : this.#dice.between(1, 4);
    for (let n = 0; n < times; n++) pieces.push(piece.slice());
  }

  #remove(pieces: Piece[]): void {
    if (pieces.length > 1) pieces.splice(this.#dice.below(pieces.length), 1);
  }

  #swap(pieces: Piece[]): void {
    if (pieces.length < 2) return;
    const [piece] = pieces.splice(this.#dice.below(pieces.length), 1);
    pieces.splice(this.#dice.below(pieces.length + 1), 0, piece!);
  }

  #splice(pieces: Piece[]): void {
    const piece = this.#any(split(this.#donor()), 1);
    if (piece !== undefined) pieces.splice(this.#dice.below(pieces.length + 1), 0, piece);
  }

  #cut(pieces: Piece[]): void {
    const index = pieces.length - 1;
    const last = pieces[index];
    if (last !== undefined) pieces[index] = last.subarray(0, this.#dice.below(last.length + 1));
  }

  /** One of the pieces that have at least `length` bytes. */
  #any(pieces: readonly Piece[], length: number): Piece | undefined {
    const piece = pieces[this.#dice.below(pieces.length || 1)];
    return piece !== undefined && piece.length >= length ? piece : undefined;
  }
}

/** Copies of the chunks; what cannot be walked is one piece. */
function split(packet: Uint8Array): Piece[] {
  const pieces: Piece[] = [];
  let end = commonHeaderLength;
  walkTlvs(packet, commonHeaderLength, packet.length, (offset, length) => {
    end = Math.min(offset + padded(length), packet.length);
    pieces.push(packet.slice(offset, end));
  });
  if (end < packet.length) pieces.push(packet.slice(end));
  return pieces;
}

function join(header: Uint8Array, pieces: readonly Piece[]): Uint8Array {
  let length = header.length;
  let fitting = 0;
  for (const piece of pieces) {
    if (length + piece.length > maxPacketSize) break;
    length += piece.length;
    fitting++;
  }
  const packet = new Uint8Array(length);
  packet.set(header);
  let offset = header.length;
  for (let i = 0; i < fitting; i++) {
    packet.set(pieces[i]!, offset);
    offset += pieces[i]!.length;
  }
  return packet;
}
