import { createScheduler, schedulerNames } from '../streams/schedulers.ts';
import type { SendQueue } from '../streams/send-queue.ts';
import type { SchedulerName, StreamScheduler } from '../streams/stream-scheduler.ts';
import { invalid, requireObject, requireUint } from './arguments.ts';

/** What a scheduler may ask of a stream (RFC 8260 §4.3.3). */
export interface StreamShare {
  /** The lowest number sends first, 0 to 65,535. Default 0. */
  readonly priority?: number;
  /** Above 0, at most 65,535. Default 1. */
  readonly weight?: number;
}

/** RFC 8260 §4.3.2. Throws SctpError SCTP_ERR_INVALID_ARGUMENT. */
export function setScheduler(sendQueue: SendQueue, scheduler: SchedulerName | StreamScheduler): void {
  if (typeof scheduler === 'string' ? !schedulerNames.includes(scheduler) : !isScheduler(scheduler)) {
    throw invalid(`scheduler must be one of ${schedulerNames.join(', ')}, or a StreamScheduler`);
  }
  sendQueue.scheduler = typeof scheduler === 'string' ? createScheduler(scheduler) : scheduler;
}

/** RFC 8260 §4.3.3. Throws SctpError SCTP_ERR_INVALID_ARGUMENT. */
export function setStreamShare(sendQueue: SendQueue, streamId: number, share: StreamShare): void {
  requireUint('streamId', streamId, 0xffff);
  requireObject('share', share);
  const { priority, weight } = share;
  if (priority !== undefined) requireUint('priority', priority, 0xffff);
  if (weight !== undefined && !(typeof weight === 'number' && weight > 0 && weight <= 0xffff)) {
    throw invalid(`weight must be above 0 and at most 65535, not ${String(weight)}`);
  }
  const stream = sendQueue.stream(streamId);
  stream.priority = priority ?? stream.priority;
  stream.weight = weight ?? stream.weight;
  sendQueue.reschedule(stream);
}

export interface AbandonedMessages {
  readonly unsent: number;
  readonly sent: number;
}

/** RFC 7496 §4.4. Throws SctpError SCTP_ERR_INVALID_ARGUMENT. */
export function abandonedMessages(sendQueue: SendQueue, streamId: number): AbandonedMessages {
  requireUint('streamId', streamId, 0xffff);
  for (const stream of sendQueue.streams) {
    if (stream.streamId === streamId) return { unsent: stream.abandonedUnsent, sent: stream.abandonedSent };
  }
  return { unsent: 0, sent: 0 };
}

function isScheduler(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const scheduler = value as Partial<StreamScheduler>;
  const { handleActive, handleIdle, select, handleSent, handlePacketEnd } = scheduler;
  return [handleActive, handleIdle, select, handleSent, handlePacketEnd].every((each) => typeof each === 'function');
}
