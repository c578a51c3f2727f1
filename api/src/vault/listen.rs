//! Dropping keys from memory as soon as any process has destroyed some, and not only when they have become old.

use std::sync::{Arc, Weak};
use std::time::Duration;

use sqlx::postgres::PgListener;

use super::key_store::Inner;

/// How long the listener rests before it connects anew. Until then, and where nobody listens, the age of keys bounds it.
const REST: Duration = Duration::from_secs(5);

/// Listens for as long as the store is in use.
pub(super) async fn run(store: Weak<Inner>) {
    while let Some(inner) = store.upgrade() {
        let (pool, channel) = (inner.pool.clone(), inner.channel.clone());
        drop(inner);
        if pool.is_closed() {
            return;
        }
        if let Ok(mut listener) = PgListener::connect_with(&pool).await {
            listener.ignore_pool_close_event(false);
            if listener.listen(&channel).await.is_ok() {
                forget(&store);
                while listener.recv().await.is_ok() {
                    forget(&store);
                }
            }
        }
        // What was missed is unknown.
        forget(&store);
        tokio::time::sleep(REST).await;
    }
}

fn forget(store: &Weak<Inner>) {
    if let Some(inner) = Weak::upgrade(store) {
        Arc::as_ref(&inner).forget();
    }
}
