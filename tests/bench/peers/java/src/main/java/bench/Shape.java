package bench;

import java.util.regex.Pattern;

/** CLIENTS/SLOTS/LEASED/HOLD, as in pool_shape.hpp. */
record Shape(String text, int clients, int slots, int leased, long busyNanos, boolean yields) {
  private static final Pattern FORM = Pattern.compile("(\\d+)/(\\d+)/(\\d+)/(0|yield|(\\d+)us)");

  static Shape parse(String text) {
    var parts = FORM.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not CLIENTS/SLOTS/LEASED/HOLD: " + text);
    }
    var micros = parts.group(5) == null ? 0 : Long.parseLong(parts.group(5));
    return new Shape(text, Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)),
        Integer.parseInt(parts.group(3)), micros * 1000, parts.group(4).equals("yield"));
  }

  boolean exhausts() {
    return clients > slots - leased;
  }

  boolean large() {
    return slots >= 10_000;
  }
}
