'use strict';
// generic-pool as a worker: the line protocol of ../../pool_bench.cpp, clients that are promise
// chains on one event loop, and the same buckets for latencies.

const { createPool } = require('generic-pool');
const readline = require('node:readline');

const now = () => Number(process.hrtime.bigint());

// CLIENTS/SLOTS/LEASED/HOLD, as in ../../pool_shape.hpp.
function parseShape(text) {
  const parts = text.match(/^(\d+)\/(\d+)\/(\d+)\/(0|yield|(\d+)us)$/);
  if (!parts) throw new Error(`not CLIENTS/SLOTS/LEASED/HOLD: ${text}`);
  const [clients, slots, leased] = parts.slice(1, 4).map(Number);
  return {
    text, clients, slots, leased,
    busy: Number(parts[5] ?? 0) * 1000,
    yields: parts[4] === 'yield',
    exhausts: clients > slots - leased,
    large: slots >= 10000,
  };
}

// Exact below 64 ns, then 32 buckets to each power of two.
class Latencies {
  counts = new Float64Array(1920);
  max = 0;
  record(value) {
    const shift = value < 64 ? 0 : Math.floor(Math.log2(value)) - 5;
    this.counts[shift * 32 + Math.floor(value / 2 ** shift)]++;
    if (value > this.max) this.max = value;
  }
  percentile(perCent) {
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    let seen = 0;
    for (let bucket = 0; bucket < this.counts.length; bucket++) {
      seen += this.counts[bucket];
      if (seen > 0 && seen * 100 >= total * perCent) {
        if (bucket < 64) return bucket;
        const shift = Math.floor(bucket / 32) - 1;
        return (bucket - shift * 32) * 2 ** shift;
      }
    }
    return 0;
  }
}

const large = new Map();

async function poolFor(shape) {
  if (large.has(shape.text)) return large.get(shape.text);
  const factory = { create: async () => ({}), destroy: async () => {} };
  const pool = createPool(factory, { max: shape.slots, min: 0 });
  const all = await Promise.all(Array.from({ length: shape.slots }, () => pool.acquire()));
  for (const resource of all.slice(shape.leased)) await pool.release(resource);
  if (shape.large) large.set(shape.text, pool);
  return pool;
}

async function runClient(pool, shape, run) {
  for (;;) {
    // Only a look at the clock can end a loop that never leaves the microtasks.
    if ((++run.steps & 63) === 0) run.advance();
    if (run.phase === 'ending') return;
    const counting = run.phase === 'counting';
    const asked = shape.exhausts ? now() : 0;
    const held = await pool.acquire();
    if (counting) {
      run.pairs++;
      if (shape.exhausts) run.waits.record(now() - asked);
    }
    if (shape.yields) {
      await new Promise(setImmediate);
    } else if (shape.busy > 0) {
      for (const until = now() + shape.busy; now() < until;);
    }
    pool.release(held);
  }
}

async function play(shape, milliseconds) {
  const pool = await poolFor(shape);
  const length = milliseconds * 1e6;
  const run = {
    phase: 'warming', pairs: 0, steps: 0, waits: new Latencies(), began: now(), elapsed: 0,
    advance() {
      const at = now();
      if (this.phase === 'warming' && at - this.began >= length / 4) {
        this.phase = 'counting';
        this.began = at;
      } else if (this.phase === 'counting' && at - this.began >= length) {
        this.phase = 'ending';
        this.elapsed = at - this.began;
      }
    },
  };
  await Promise.all(Array.from({ length: shape.clients }, () => runClient(pool, shape, run)));
  const waits = shape.exhausts && {
    p50_ns: run.waits.percentile(50), p99_ns: run.waits.percentile(99), max_ns: run.waits.max,
  };
  console.log(JSON.stringify({
    shape: shape.text, pairs: run.pairs, elapsed_ns: run.elapsed, ...waits,
  }));
}

async function serve() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [text, milliseconds] = line.split(' ');
    await play(parseShape(text), Number(milliseconds));
  }
  process.exit(0);
}

serve();
