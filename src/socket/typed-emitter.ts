import { EventEmitter } from 'node:events';
import { guarded } from '../driver/guarded.ts';

/** The names of events and what their listeners are called with. */
export type EventMap = { [name: string]: readonly unknown[] };

export type Listener<Arguments extends readonly unknown[]> = (...values: Arguments) => void;

/**
 * The part of `EventEmitter` that listeners need, with the types of the events. An event that nobody listens to is
 * nothing: `'error'` too, because every failure is also told by a promise.
 */
export abstract class TypedEmitter<Events extends EventMap> {
  /** Made for the first listener. */
  #emitter: EventEmitter | undefined;

  /** Calls `listener` at every `event` from now on. */
  on<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    this.#listeners.on(event, listener);
    this.listenersChanged(event);
    return this;
  }

  /** Calls `listener` at the next `event` only. */
  once<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    this.#listeners.once(event, listener);
    this.listenersChanged(event);
    return this;
  }

  off<Name extends keyof Events & string>(event: Name, listener: Listener<Events[Name]>): this {
    this.#emitter?.off(event, listener);
    this.listenersChanged(event);
    return this;
  }

  listenerCount(event: keyof Events & string): number {
    return this.#emitter?.listenerCount(event) ?? 0;
  }

  /** Told of every listener that comes or goes, for those who read only when somebody listens. */
  protected abstract listenersChanged(event: keyof Events & string): void;

  protected emit<Name extends keyof Events & string>(event: Name, ...values: Events[Name]): void {
    const emitter = this.#emitter;
    if (emitter === undefined || emitter.listenerCount(event) === 0) return;
    guarded(() => emitter.emit(event, ...values));
  }

  get #listeners(): EventEmitter {
    this.#emitter ??= new EventEmitter();
    return this.#emitter;
  }
}
