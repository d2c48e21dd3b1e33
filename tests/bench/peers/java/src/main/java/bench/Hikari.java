package bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/** HikariCP over connections that lead nowhere, without lifetime and idle limit. */
final class Hikari implements Peer<Connection> {
  private final HikariDataSource pool;

  Hikari(int slots) {
    var config = new HikariConfig();
    config.setDataSource(fakeDataSource());
    config.setMaximumPoolSize(slots);
    config.setMinimumIdle(slots);
    config.setIdleTimeout(0);
    config.setMaxLifetime(0);
    config.setConnectionTimeout(600_000);
    pool = new HikariDataSource(config);
  }

  @Override
  public Connection acquire() throws SQLException {
    return pool.getConnection();
  }

  @Override
  public void release(Connection connection) throws SQLException {
    connection.close();
  }

  @Override
  public void close() {
    pool.close();
  }

  private static DataSource fakeDataSource() {
    return fake(DataSource.class, Hikari::fakeConnection);
  }

  private static Connection fakeConnection() {
    return fake(Connection.class, () -> null);
  }

  private interface Source {
    Object get();
  }

  /** Answers getConnection from `connections`, isValid with yes, and the rest with nothing. */
  private static <T> T fake(Class<T> type, Source connections) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type},
        (self, method, arguments) -> switch (method.getName()) {
          case "getConnection" -> connections.get();
          case "isValid", "getAutoCommit" -> true;
          case "getTransactionIsolation" -> Connection.TRANSACTION_READ_COMMITTED;
          case "hashCode" -> System.identityHashCode(self);
          case "equals" -> self == arguments[0];
          case "toString" -> type.getSimpleName();
          default -> nothing(method.getReturnType());
        }));
  }

  private static Object nothing(Class<?> type) {
    if (type == boolean.class) {
      return false;
    }
    return type == int.class ? (Object) 0 : null;
  }
}
