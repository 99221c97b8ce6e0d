import type { Link, LinkOptions } from './link.ts';

/** Several links that are changed together: all directions between the addresses of two hosts, say. */
export class LinkGroup {
  readonly links: readonly Link[];

  constructor(links: readonly Link[]) {
    this.links = links;
  }

  /** Changes how the links behave from now on. */
  set(changes: Partial<LinkOptions>): void {
    for (const link of this.links) link.set(changes);
  }

  /** Loses everything until `restore`. */
  cut(): void {
    for (const link of this.links) link.cut();
  }

  restore(): void {
    for (const link of this.links) link.restore();
  }
}
