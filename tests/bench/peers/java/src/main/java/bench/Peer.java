package bench;

/** A pool, full of resources R. */
interface Peer<R> extends AutoCloseable {
  R acquire() throws Exception;

  void release(R resource) throws Exception;
}
