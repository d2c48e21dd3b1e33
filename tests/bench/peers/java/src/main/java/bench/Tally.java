package bench;

/** Exact below 64 ns, then 32 buckets to each power of two. */
final class Tally {
  long pairs;
  long max;
  private final long[] counts = new long[1920];

  void record(long value) {
    int shift = value < 64 ? 0 : 58 - Long.numberOfLeadingZeros(value);
    counts[shift * 32 + (int) (value >>> shift)]++;
    max = Math.max(max, value);
  }

  void add(Tally other) {
    pairs += other.pairs;
    max = Math.max(max, other.max);
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
  }

  long percentile(int perCent) {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen > 0 && seen * 100 >= total * perCent) {
        int shift = i < 64 ? 0 : i / 32 - 1;
        return (long) (i - shift * 32) << shift;
      }
    }
    return 0;
  }
}
