import { type ActivityListener, Association, type AssociationIdentity } from '../association/association.ts';
import type { AssociationEnvironment } from '../association/context.ts';
import type { AssociationOptions } from '../association/options.ts';
import type { HeapEntry } from '../base/deadline-heap.ts';
import type { Instant } from '../base/time.ts';
import type { Place } from './association-table.ts';

/** An association and its place in the endpoint's queues. */
export class Slot implements HeapEntry, ActivityListener {
  readonly association: Association;
  /** The tag under which it is found; a restart changes it. */
  tag: number;
  /** When it came to stand under this tag, as the side that was asked; undefined for the side that asks. */
  establishedAt: Instant | undefined = undefined;
  /** The version of its place under which it is found. */
  placeVersion: number;
  place: Place | undefined;
  isActive = false;
  hasEvents = false;
  deadline: number = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  readonly #activate: (slot: Slot) => void;

  /** `activate` is called when there may be something to poll. */
  constructor(
    identity: AssociationIdentity,
    options: AssociationOptions,
    environment: AssociationEnvironment,
    activate: (slot: Slot) => void,
  ) {
    this.#activate = activate;
    this.association = new Association(identity, options, environment, this);
    this.tag = identity.myVerificationTag;
    this.placeVersion = this.association.placeVersion;
  }

  handleActivity(): void {
    this.#activate(this);
  }
}
