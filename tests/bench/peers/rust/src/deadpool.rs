//! deadpool (managed, on tokio) as a worker.

mod worker;

use deadpool::managed::{Manager, Metrics, Object, Pool, RecycleResult};

struct Nothing;

impl Manager for Nothing {
    type Type = u32;
    type Error = ();
    async fn create(&self) -> Result<u32, ()> {
        Ok(0)
    }
    async fn recycle(&self, _: &mut u32, _: &Metrics) -> RecycleResult<()> {
        Ok(())
    }
}

struct Deadpool(Pool<Nothing>);

impl worker::Pool for Deadpool {
    type Guard<'a> = Object<Nothing>;
    async fn build(slots: usize) -> Self {
        Deadpool(Pool::builder(Nothing).max_size(slots).build().unwrap())
    }
    async fn acquire(&self) -> Self::Guard<'_> {
        self.0.get().await.unwrap()
    }
}

fn main() {
    worker::serve::<Deadpool>();
}
