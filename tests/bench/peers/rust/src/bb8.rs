//! bb8 as a worker, without its check on every checkout.

mod worker;

use bb8::{ManageConnection, Pool, PooledConnection};

struct Nothing;

impl ManageConnection for Nothing {
    type Connection = u32;
    type Error = std::convert::Infallible;
    async fn connect(&self) -> Result<u32, Self::Error> {
        Ok(0)
    }
    async fn is_valid(&self, _: &mut u32) -> Result<(), Self::Error> {
        Ok(())
    }
    fn has_broken(&self, _: &mut u32) -> bool {
        false
    }
}

struct Bb8(Pool<Nothing>);

impl worker::Pool for Bb8 {
    type Guard<'a> = PooledConnection<'a, Nothing>;
    async fn build(slots: usize) -> Self {
        let builder = Pool::builder()
            .max_size(slots as u32)
            .test_on_check_out(false)
            .idle_timeout(None)
            .max_lifetime(None);
        Bb8(builder.build(Nothing).await.unwrap())
    }
    async fn acquire(&self) -> Self::Guard<'_> {
        self.0.get().await.unwrap()
    }
}

fn main() {
    worker::serve::<Bb8>();
}
