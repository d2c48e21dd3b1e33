package bench;

import java.time.Duration;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

/** commons-pool2 with its defaults, without its JMX bean; `fair` is its own option. */
final class CommonsPool implements Peer<Object> {
  private static final class Nothings extends BasePooledObjectFactory<Object> {
    @Override
    public Object create() {
      return new Object();
    }

    @Override
    public PooledObject<Object> wrap(Object resource) {
      return new DefaultPooledObject<>(resource);
    }
  }

  private final GenericObjectPool<Object> pool;

  CommonsPool(int slots, boolean fair) {
    var config = new GenericObjectPoolConfig<Object>();
    config.setMaxTotal(slots);
    config.setMaxIdle(slots);
    config.setFairness(fair);
    config.setJmxEnabled(false);
    config.setTimeBetweenEvictionRuns(Duration.ofMillis(-1));
    pool = new GenericObjectPool<>(new Nothings(), config);
  }

  @Override
  public Object acquire() throws Exception {
    return pool.borrowObject();
  }

  @Override
  public void release(Object resource) {
    pool.returnObject(resource);
  }

  @Override
  public void close() {
    pool.close();
  }
}
