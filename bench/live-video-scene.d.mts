import type { AssociationOptions } from '../src/core.ts';
import type { Network } from '../src/simulation/index.ts';

export interface LivePath {
  /** One way. */
  readonly delayMs: number;
  readonly rateBitsPerSecond: number;
  /** Of the bottleneck, in each direction. */
  readonly queueBytes: number;
  /** In each direction. */
  readonly lossRate: number;
}

export declare const thinPath: LivePath;

export declare const plan: {
  readonly framesPerSecond: number;
  readonly frameBytes: number;
  readonly lifetimeMs: number;
  readonly controlEveryMs: number;
  readonly controlBytes: number;
};

export declare const liveOptions: Partial<AssociationOptions>;

export interface LiveVideoFigures {
  readonly frames: {
    readonly offered: number;
    /** Read by the receiver. */
    readonly delivered: number;
    readonly abandoned: number;
    /** Of these, before anything of them was sent. */
    readonly unbegun: number;
    /** Delivered with other bytes than were sent. */
    readonly damaged: number;
    /** Chunks that were sent when the lifetime of their frame was over. */
    readonly lateChunks: number;
    readonly latenciesMs: readonly number[];
  };
  readonly control: {
    readonly sent: number;
    readonly delivered: number;
    readonly disordered: number;
    readonly latenciesMs: readonly number[];
  };
  /** From `send` to the acknowledgement of a lone message before there is loss or video: the median of eleven. */
  readonly restingRttMs: number;
  readonly network: Network;
}

export declare function liveVideo(
  network: typeof Network,
  scene: {
    readonly seed: number;
    readonly durationMs?: number;
    readonly path?: LivePath;
    readonly options?: Partial<AssociationOptions>;
  },
): LiveVideoFigures;

export declare function percentile(values: readonly number[], percent: number): number;
