// Live video beside a control stream, on a path that is too thin for both, in virtual time: what bench/live-video.mjs
// prints and test/simulation/live-video.test.ts holds. Nothing is imported: `Network` is that of the build or of the source.

/**
 * 30 × 40 KiB × 8 = 9.8 Mbit/s of frames: more than this path carries that loses 5 % in each direction. What a congestion
 * window makes of such losses (RFC 9260 §7.2: about five packets a round trip) is a fraction of its bandwidth.
 */
export const thinPath = { delayMs: 7, rateBitsPerSecond: 10_000_000, queueBytes: 65_536, lossRate: 0.05 };

export const plan = {
  framesPerSecond: 30,
  frameBytes: 40 * 1024,
  lifetimeMs: 100,
  controlEveryMs: 50,
  controlBytes: 100,
};

/**
 * What a sender of live media asks for: streams that interleave, the control stream first, and timers that fit its path of
 * 14 ms. A retransmission that is lost is found by T3-rtx alone; RTO.Min of 1 s would hold the control stream up for so long.
 */
export const liveOptions = { interleaving: true, scheduler: 'priority', rtoMinMs: 35, sackDelayMs: 7 };

const controlStream = 0;
const videoStream = 1;
const probes = 11;

/** Runs the scene for `durationMs` of virtual time, and counts. */
export function liveVideo(Network, { seed, durationMs = 20_000, path = thinPath, options = liveOptions }) {
  const { lossRate, ...link } = path;
  const { lifetimeMs } = plan;
  const network = new Network({ seed, link, recordedPackets: 2_000 });
  const figures = {
    frames: { offered: 0, delivered: 0, abandoned: 0, unbegun: 0, damaged: 0, lateChunks: 0, latenciesMs: [] },
    control: { sent: 0, delivered: 0, disordered: 0, latenciesMs: [] },
    restingRttMs: 0,
    network,
  };
  const sentAt = { [controlStream]: [], [videoStream]: [] };
  const acknowledgedAt = [];

  const handleSent = ({ kind, message, wasSent }) => {
    if (kind === 'delivered') acknowledgedAt[message.ppid] = network.now;
    if (kind !== 'abandoned') return;
    figures.frames.abandoned++;
    if (!wasSent) figures.frames.unbegun++;
  };
  const handleReceived = ({ streamId, ppid, data }) => {
    const latencyMs = network.now - sentAt[streamId][ppid];
    if (streamId === videoStream) {
      figures.frames.delivered++;
      if (Buffer.compare(data, frame(ppid)) !== 0) figures.frames.damaged++;
      figures.frames.latenciesMs.push(latencyMs);
    } else if (ppid >= probes) {
      if (ppid !== probes + figures.control.delivered++) figures.control.disordered++;
      figures.control.latenciesMs.push(latencyMs);
    }
  };
  const a = network.addHost('a', {
    addresses: ['10.0.0.1'],
    port: 5000,
    ...options,
    onEvent: (_, event) => handleSent(event),
  });
  const z = network.addHost('z', {
    addresses: ['10.0.0.2'],
    port: 5001,
    listening: true,
    ...options,
    autoRead: false,
    onEvent(association, { kind }) {
      if (kind !== 'readable') return;
      for (let message = association.receive(network.now); message; message = association.receive(network.now)) {
        handleReceived(message);
      }
    },
  });
  const association = a.connect(z);
  network.run({ until: () => association.state === 'ESTABLISHED' && z.associations.length > 0 });
  association.setStreamShare(controlStream, { priority: 0 });
  association.setStreamShare(videoStream, { priority: 1 });
  const send = (streamId, data, policy) => {
    const ppid = sentAt[streamId].push(network.now) - 1;
    a.send(association, { data, streamId, ppid, ...policy });
  };

  // The path at rest: messages one by one, each acknowledged at once.
  for (let n = 0; n < probes; n++) {
    send(controlStream, new Uint8Array(plan.controlBytes), { sackImmediately: true, reportDelivery: true });
    network.run({ forMs: 100 });
  }
  const resting = acknowledgedAt.map((at, n) => at - sentAt[controlStream][n]);
  figures.restingRttMs = percentile(resting, 50);

  const frameOfMid = new Map();
  const watch = ({ chunks }) => {
    for (const { fragment } of chunks) {
      if (fragment?.streamId !== videoStream) continue;
      if (fragment.beginning) frameOfMid.set(fragment.messageId, fragment.ppid);
      const begunAt = sentAt[videoStream][frameOfMid.get(fragment.messageId)];
      if (network.now > begunAt + lifetimeMs) figures.frames.lateChunks++;
    }
    return false;
  };
  network.linkBoth(a, z).set({ lossRate });
  network.link(a, z).set({ drop: watch });
  const start = network.now;
  for (let n = 0; n * plan.controlEveryMs < durationMs; n++) {
    network.at(start + n * plan.controlEveryMs, () => {
      figures.control.sent++;
      send(controlStream, new Uint8Array(plan.controlBytes));
    });
  }
  for (let n = 0; (n * 1_000) / plan.framesPerSecond < durationMs; n++) {
    network.at(start + (n * 1_000) / plan.framesPerSecond, () => {
      figures.frames.offered++;
      send(videoStream, frame(n), { lifetimeMs });
    });
  }
  network.run({ untilMs: start + durationMs });
  network.run({ until: () => association.bufferedAmount === 0, forMs: 60_000 });
  network.run({ forMs: 1_000 });
  return figures;
}

/** The value below which `percent` of all are; NaN of none. */
export function percentile(values, percent) {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** No two frames are alike, and no piece of one can stand elsewhere unseen. */
function frame(number) {
  const data = new Uint8Array(plan.frameBytes);
  for (let i = 0; i < data.length; i++) data[i] = number * 31 + i + (i >>> 8) * 7;
  return data;
}
