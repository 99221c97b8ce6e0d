import { type RandomSource, randomFraction } from '../../src/base/random.ts';

/** Choices from a seeded source. */
export class Dice {
  readonly random: RandomSource;

  constructor(random: RandomSource) {
    this.random = random;
  }

  /** Uniform over 0 … n − 1. */
  below(n: number): number {
    return this.random.uint32() % n;
  }

  /** Uniform over `least` … `greatest`. */
  between(least: number, greatest: number): number {
    return least + this.below(greatest - least + 1);
  }

  chance(probability: number): boolean {
    return randomFraction(this.random) < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}
