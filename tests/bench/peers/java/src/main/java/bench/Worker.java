package bench;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.HashMap;

/**
 * What the Java peers share: the line protocol of pool_bench.cpp, and clients that are platform
 * threads. Started as: Worker hikaricp | commons-pool2 | commons-pool2-fair.
 */
public final class Worker {
  private static final int WARMING = 0;
  private static final int COUNTING = 1;
  private static final int ENDING = 2;

  private volatile int phase = WARMING;

  public static void main(String[] arguments) throws Exception {
    var name = arguments[0];
    var keptPools = new HashMap<String, Peer<?>>();
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null;) {
      var words = line.split(" ");
      var shape = Shape.parse(words[0]);
      boolean slow = name.equals("hikaricp");
      if (slow && shape.large()) {
        System.out.printf("{\"shape\":\"%s\",\"unsupported\":\"opens a connection each 30 ms\"}%n",
            shape.text());
        continue;
      }
      var key = shape.slots() + "/" + shape.leased();
      var kept = keptPools.get(key);
      var pool = kept != null ? kept : build(name, shape);
      new Worker().play(pool, shape, Long.parseLong(words[1]));
      if (slow || shape.large()) {
        keptPools.put(key, pool);
      } else {
        pool.close();
      }
    }
    System.exit(0);
  }

  private static Peer<?> build(String name, Shape shape) throws Exception {
    return switch (name) {
      case "hikaricp" -> filled(new Hikari(shape.slots()), shape);
      case "commons-pool2" -> filled(new CommonsPool(shape.slots(), false), shape);
      case "commons-pool2-fair" -> filled(new CommonsPool(shape.slots(), true), shape);
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static <R> Peer<R> filled(Peer<R> pool, Shape shape) throws Exception {
    var all = new ArrayList<R>();
    for (int i = 0; i < shape.slots(); i++) {
      all.add(pool.acquire());
    }
    for (var resource : all.subList(shape.leased(), shape.slots())) {
      pool.release(resource);
    }
    return pool;
  }

  private <R> void play(Peer<R> pool, Shape shape, long milliseconds) throws Exception {
    var tallies = new ArrayList<Tally>();
    var clients = new ArrayList<Thread>();
    for (int i = 0; i < shape.clients(); i++) {
      var mine = new Tally();
      tallies.add(mine);
      clients.add(new Thread(() -> {
        try {
          runClient(pool, shape, mine);
        } catch (Exception failed) {
          failed.printStackTrace();
          System.exit(70);
        }
      }));
    }
    for (var client : clients) {
      client.start();
    }
    Thread.sleep(milliseconds / 4);
    long begin = System.nanoTime();
    phase = COUNTING;
    Thread.sleep(milliseconds);
    phase = ENDING;
    long elapsed = System.nanoTime() - begin;

    var total = new Tally();
    for (int i = 0; i < clients.size(); i++) {
      clients.get(i).join();
      total.add(tallies.get(i));
    }
    var waits = shape.exhausts()
        ? String.format(",\"p50_ns\":%d,\"p99_ns\":%d,\"max_ns\":%d", total.percentile(50),
            total.percentile(99), total.max)
        : "";
    System.out.printf("{\"shape\":\"%s\",\"pairs\":%d,\"elapsed_ns\":%d%s}%n", shape.text(),
        total.pairs, elapsed, waits);
  }

  private <R> void runClient(Peer<R> pool, Shape shape, Tally mine) throws Exception {
    boolean timed = shape.exhausts();
    for (int at; (at = phase) != ENDING;) {
      long asked = timed ? System.nanoTime() : 0;
      var held = pool.acquire();
      if (at == COUNTING) {
        mine.pairs++;
        if (timed) {
          mine.record(System.nanoTime() - asked);
        }
      }
      if (shape.yields()) {
        Thread.yield();
      } else if (shape.busyNanos() > 0) {
        for (long began = System.nanoTime(); System.nanoTime() - began < shape.busyNanos();) {
        }
      }
      pool.release(held);
    }
  }
}
