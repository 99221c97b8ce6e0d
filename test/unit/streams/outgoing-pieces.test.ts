import { describe, expect, it } from 'vitest';
import { OutgoingPieces } from '../../../src/streams/outgoing-pieces.ts';

function piecesOf(...texts: string[]): OutgoingPieces {
  const pieces = new OutgoingPieces();
  for (const text of texts) pieces.push(new Uint8Array(Buffer.from(text)));
  return pieces;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

describe('OutgoingPieces', () => {
  it('gives bytes in their order, across pieces', () => {
    const pieces = piecesOf('abc', 'd', 'efgh');
    expect([2, 3, 1, 2].map((length) => text(pieces.take(length)))).toEqual(['ab', 'cde', 'f', 'gh']);
  });

  it('copies nothing that lies in one piece', () => {
    const pieces = new OutgoingPieces();
    const piece = new Uint8Array(10);
    pieces.push(piece);
    expect([pieces.take(4).buffer, pieces.take(6).byteOffset]).toEqual([piece.buffer, 4]);
  });

  it('gives back what is left, behind what was taken', () => {
    const pieces = piecesOf('abc', 'def');
    const taken = pieces.take(2);
    expect(text(pieces.takeAll([taken]))).toBe('abcdef');
    expect(pieces.takeAll([])).toHaveLength(0);
  });
});
