/** A packet of the link layer, as a capture file holds it. */
export interface CapturedFrame {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly linkType: number;
  readonly frame: Uint8Array;
}
