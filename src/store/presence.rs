//! Presence: which sessions have an open socket on which node.

use super::{Error, Store, Tx, in_tx, on_pool};
use crate::domain::{
    ids::{NodeId, SessionId},
    time::Timestamp,
};

const SEE: &str =
    "INSERT INTO nodes (id, seen_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at";
const FORGET: &str = "DELETE FROM nodes WHERE id = $1";
const FORGET_DEAD: &str = "DELETE FROM nodes WHERE seen_at < $1";
const CONNECT: &str = "INSERT INTO connected_sessions (session_id, node_id) \
     SELECT id, $2 FROM sessions WHERE id = $1 ON CONFLICT DO NOTHING";
const DISCONNECT: &str = "DELETE FROM connected_sessions WHERE session_id = $1 AND node_id = $2";
const IS_CONNECTED: &str = "SELECT EXISTS (SELECT 1 FROM connected_sessions c JOIN nodes n ON n.id = c.node_id \
     WHERE c.session_id = $1 AND n.seen_at > $2)";

impl Store {
    /// Whether a session has an open socket on a node that was seen after `alive_since`.
    pub async fn is_session_connected(&self, session: SessionId, alive_since: Timestamp) -> Result<bool, Error> {
        let connected = on_pool!(self, pool => sqlx::query_scalar(IS_CONNECTED)
            .bind(session).bind(alive_since).fetch_one(pool).await)?;
        Ok(connected)
    }
}

impl Tx {
    /// Records that a node is running.
    pub async fn see_node(&mut self, node: NodeId, now: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(SEE).bind(node).bind(now).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes a node and its connected sessions.
    pub async fn forget_node(&mut self, node: NodeId) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(FORGET).bind(node).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Deletes the nodes that were not seen since.
    pub async fn forget_dead_nodes(&mut self, since: Timestamp) -> Result<(), Error> {
        in_tx!(self, c => sqlx::query(FORGET_DEAD).bind(since).execute(c).await.map(drop))?;
        Ok(())
    }

    /// Records whether a session has an open socket on a node.
    pub async fn set_connected(&mut self, session: SessionId, node: NodeId, connected: bool) -> Result<(), Error> {
        let statement = if connected { CONNECT } else { DISCONNECT };
        in_tx!(self, c => sqlx::query(statement).bind(session).bind(node).execute(c).await.map(drop))?;
        Ok(())
    }
}
