// Live video with a lifetime beside a control stream with priority, on a path too thin for both: see live-video-scene.mjs.
// The built package, in virtual time. node bench/live-video.mjs [seeds] [seconds]
import { Network } from '../dist/simulation/index.js';
import { liveOptions, liveVideo, percentile, plan, thinPath } from './live-video-scene.mjs';

const seeds = Number(process.argv[2] ?? 5);
const durationMs = Number(process.argv[3] ?? 20) * 1_000;

const settings = [
  ['RTO.Min 35 ms, SACK.Delay 7 ms', liveOptions],
  ['the RFC’s timers (RTO.Min 1 s)', { interleaving: true, scheduler: 'priority' }],
  ['the same, first come first served', { interleaving: true, scheduler: 'first-come-first-served' }],
];

const { delayMs, rateBitsPerSecond, lossRate } = thinPath;
const { framesPerSecond, frameBytes, lifetimeMs, controlEveryMs } = plan;
console.log(
  `${framesPerSecond} frames of ${frameBytes / 1024} KiB a second with ${lifetimeMs} ms to live, ${plan.controlBytes} bytes of ` +
    `control every ${controlEveryMs} ms`,
);
console.log(
  `${rateBitsPerSecond / 1e6} Mbit/s, ${delayMs} ms one way, ${lossRate * 100} % loss each way, ${durationMs / 1_000} s for each seed`,
);
for (const [name, options] of settings) {
  console.log(`\n${name}`);
  for (let seed = 1; seed <= seeds; seed++) {
    const { frames, control, restingRttMs } = liveVideo(Network, { seed, durationMs, options });
    const ms = (values, percent) => (values.length === 0 ? '–' : percentile(values, percent).toFixed(1));
    const p99 = percentile(control.latenciesMs, 99);
    console.log(
      `seed ${seed}: control ${control.delivered} of ${control.sent}, p50 ${ms(control.latenciesMs, 50)}, ` +
        `p99 ${p99.toFixed(1)} ms = ${(p99 / restingRttMs).toFixed(1)} RTT of ${restingRttMs.toFixed(1)} ms; ` +
        `frames ${frames.delivered} of ${frames.offered}, ${frames.abandoned} abandoned (${frames.unbegun} unbegun), ` +
        `p50 ${ms(frames.latenciesMs, 50)}, p99 ${ms(frames.latenciesMs, 99)} ms`,
    );
  }
}
