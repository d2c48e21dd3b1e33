//! What the Rust peers share: the line protocol of ../../../pool_bench.cpp, clients that are tokio
//! tasks on one worker a core, and the same buckets for latencies.

use std::collections::HashMap;
use std::future::Future;
use std::io::BufRead;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A peer: built full of `slots` resources; a guard gives back when it is dropped.
pub trait Pool: Send + Sync + 'static {
    type Guard<'a>: Send;
    fn build(slots: usize) -> impl Future<Output = Self> + Send;
    fn acquire(&self) -> impl Future<Output = Self::Guard<'_>> + Send;
}

/// CLIENTS/SLOTS/LEASED/HOLD, as in ../../../pool_shape.hpp.
#[derive(Clone)]
struct Shape {
    text: String,
    clients: usize,
    slots: usize,
    leased: usize,
    busy: Duration,
    yields: bool,
}

impl Shape {
    fn parse(text: &str) -> Option<Shape> {
        let parts: Vec<&str> = text.split('/').collect();
        let [clients, slots, leased, hold] = parts[..] else {
            return None;
        };
        let micros = match hold {
            "yield" | "0" => 0,
            _ => hold.strip_suffix("us")?.parse().ok()?,
        };
        Some(Shape {
            text: text.to_string(),
            clients: clients.parse().ok()?,
            slots: slots.parse().ok()?,
            leased: leased.parse().ok()?,
            busy: Duration::from_micros(micros),
            yields: hold == "yield",
        })
    }
    fn exhausts(&self) -> bool {
        self.clients > self.slots - self.leased
    }
    fn large(&self) -> bool {
        self.slots >= 10_000
    }
}

/// Exact below 64 ns, then 32 buckets to each power of two.
struct Tally {
    pairs: u64,
    counts: Vec<u64>,
    max: u64,
}

impl Tally {
    fn new() -> Tally {
        Tally {
            pairs: 0,
            counts: vec![0; 1920],
            max: 0,
        }
    }
    fn record(&mut self, took: Duration) {
        let value = took.as_nanos() as u64;
        let bucket = if value < 64 {
            value
        } else {
            let shift = 58 - u64::from(value.leading_zeros());
            shift * 32 + (value >> shift)
        };
        self.counts[bucket as usize] += 1;
        self.max = self.max.max(value);
    }
    fn add(&mut self, other: &Tally) {
        self.pairs += other.pairs;
        self.max = self.max.max(other.max);
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
    }
    fn percentile(&self, per_cent: u64) -> u64 {
        let total: u64 = self.counts.iter().sum();
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen > 0 && seen * 100 >= total * per_cent {
                if bucket < 64 {
                    return bucket as u64;
                }
                let shift = bucket / 32 - 1;
                return ((bucket - shift * 32) as u64) << shift;
            }
        }
        0
    }
}

const WARMING: u8 = 0;
const COUNTING: u8 = 1;
const ENDING: u8 = 2;

/// Answers the requests on the standard input until it ends.
pub fn serve<P: Pool>() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut large: HashMap<String, Arc<P>> = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let Some((shape, length)) = parse_request(&line) else {
            eprintln!("not CLIENTS/SLOTS/LEASED/HOLD MILLISECONDS: {line}");
            std::process::exit(65);
        };
        let pool = large.get(&shape.text).cloned().unwrap_or_else(|| {
            let (slots, leased) = (shape.slots, shape.leased);
            runtime.block_on(async move { Arc::new(filled::<P>(slots, leased).await) })
        });
        if shape.large() {
            large.insert(shape.text.clone(), pool.clone());
        }
        play(&runtime, pool, shape, length);
    }
}

fn parse_request(line: &str) -> Option<(Shape, Duration)> {
    let (text, milliseconds) = line.trim().split_once(' ')?;
    Some((
        Shape::parse(text)?,
        Duration::from_millis(milliseconds.parse().ok()?),
    ))
}

async fn filled<P: Pool>(slots: usize, leased: usize) -> P {
    let pool = P::build(slots).await;
    let mut all = Vec::new();
    for _ in 0..slots {
        all.push(pool.acquire().await);
    }
    for guard in all.drain(..leased) {
        std::mem::forget(guard); // out for good
    }
    drop(all);
    pool
}

fn play<P: Pool>(runtime: &tokio::runtime::Runtime, pool: Arc<P>, shape: Shape, length: Duration) {
    let phase = Arc::new(AtomicU8::new(WARMING));
    let clients: Vec<_> = (0..shape.clients)
        .map(|_| runtime.spawn(run_client(pool.clone(), shape.clone(), phase.clone())))
        .collect();
    std::thread::sleep(length / 4);
    let begin = Instant::now();
    phase.store(COUNTING, Ordering::Relaxed);
    std::thread::sleep(length);
    phase.store(ENDING, Ordering::Relaxed);
    let elapsed = begin.elapsed();

    let mut total = Tally::new();
    for client in clients {
        total.add(&runtime.block_on(client).unwrap());
    }
    let waits = if shape.exhausts() {
        format!(
            ",\"p50_ns\":{},\"p99_ns\":{},\"max_ns\":{}",
            total.percentile(50),
            total.percentile(99),
            total.max
        )
    } else {
        String::new()
    };
    println!(
        "{{\"shape\":\"{}\",\"pairs\":{},\"elapsed_ns\":{}{}}}",
        shape.text,
        total.pairs,
        elapsed.as_nanos(),
        waits
    );
}

async fn run_client<P: Pool>(pool: Arc<P>, shape: Shape, phase: Arc<AtomicU8>) -> Tally {
    let mut mine = Tally::new();
    let timed = shape.exhausts();
    loop {
        let at = phase.load(Ordering::Relaxed);
        if at == ENDING {
            return mine;
        }
        let asked = timed.then(Instant::now);
        let held = pool.acquire().await;
        if at == COUNTING {
            mine.pairs += 1;
            if let Some(asked) = asked {
                mine.record(asked.elapsed());
            }
        }
        if shape.yields {
            tokio::task::yield_now().await;
        } else if !shape.busy.is_zero() {
            let begin = Instant::now();
            while begin.elapsed() < shape.busy {}
        }
        drop(held);
    }
}
