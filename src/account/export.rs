//! All data stored about a person, for that person (GDPR, articles 15 and 20).

use super::{
    Accounts, Error, Operator,
    audit_log::still_there,
    feed::{fitting, list_page},
};
use crate::{
    domain::{
        address::Address,
        audit::AuditEntry,
        device::KnownDevice,
        export::ExportCursor,
        ids::{SessionId, UserId},
        profile::{ExternalId, Profile},
        security_event::SecurityEvent,
        session::{ProvenCaller, Session},
        sign_in_methods::SignInMethods,
        time::Timestamp,
    },
    store::{EndedSessionRow, EventRow, LetterAbout, Tx, UserRow},
};
use serde_json::json;
use std::sync::Arc;

/// Entries of each long list per page.
const PAGE: usize = 200;

/// A page of the data about a person: the long lists continue on the next page, everything else is complete on each
/// page.
#[derive(Debug)]
#[expect(missing_docs, reason = "the parts have their usual names")]
pub struct Export {
    pub at: Timestamp,
    pub profile: Profile,
    pub external_id: Option<ExternalId>,
    pub addresses: Vec<Address>,
    pub sessions: Vec<Session>,
    pub ended_sessions: Vec<EndedSessionRow>,
    pub devices: Vec<KnownDevice>,
    pub sign_in_methods: SignInMethods,
    pub security_events: Vec<SecurityEvent>,
    pub letters: Vec<LetterAbout>,
    pub events: Vec<EventRow>,
    /// The position in the long lists.
    pub cursor: ExportCursor,
    /// Whether there are more pages.
    pub more: bool,
}

impl Accounts {
    /// A page of all data stored about the caller, as one consistent read.
    pub async fn export(self: &Arc<Self>, caller: ProvenCaller, after: ExportCursor) -> Result<Export, Error> {
        let (tx, row) = self.read_proven(caller).await?;
        self.read_export(tx, &row.user, Some(caller.0.session), after).await
    }

    /// The same for an operator; the audit log records each page, because a cursor is whatever the caller sends.
    pub async fn export_user(
        self: &Arc<Self>,
        user: UserId,
        after: ExportCursor,
        operator: Operator<'_>,
    ) -> Result<Export, Error> {
        let mut tx = self.store.read().await?;
        let row = tx.find_user(user).await?.ok_or(Error::NotFound)?;
        let export = self.read_export(tx, &row, None, after).await?;
        let mut tx = self.store.write().await?;
        let user = still_there(&mut tx, user).await?;
        let entry = AuditEntry::of(operator, "users.export", user, json!({}), self.clock.now());
        tx.insert_audit_entry(&entry).await?;
        tx.commit().await?;
        Ok(export)
    }

    /// Reads a page as seen from the session `current`, and ends the transaction.
    async fn read_export(
        &self,
        mut tx: Tx,
        row: &UserRow,
        current: Option<SessionId>,
        after: ExportCursor,
    ) -> Result<Export, Error> {
        let user = row.user_id;
        let one_more = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        let mut security_events = tx.list_security_events_after(user, after.security_event, one_more).await?;
        let mut letters = tx.list_letters_of(user, after.letter, one_more).await?;
        let mut events = list_page(&mut tx, user, after.revision, one_more - 1).await?;
        let addresses = tx.list_addresses(user).await?;
        let sessions = self.hub.live_sessions(&mut tx, user, current).await?;
        let ended_sessions = tx.list_ended_sessions(user).await?;
        let devices = tx.list_known_devices(user).await?;
        let sign_in_methods = tx.sign_in_methods(row).await?;
        let external_id = tx.find_external_id(user).await?;
        tx.end_read().await?;

        let fits = fitting(&events, PAGE);
        let more = events.len() > fits || security_events.len() > PAGE || letters.len() > PAGE;
        events.truncate(fits);
        security_events.truncate(PAGE);
        letters.truncate(PAGE);
        let cursor = ExportCursor {
            security_event: security_events.last().map_or(after.security_event, |event| event.id),
            letter: letters.last().map_or(after.letter, |letter| letter.id),
            revision: events.last().map_or(after.revision, |event| event.revision),
        };
        Ok(Export {
            at: self.clock.now(),
            profile: row.profile(),
            external_id,
            addresses,
            sessions,
            ended_sessions,
            devices,
            sign_in_methods,
            security_events,
            letters,
            events,
            cursor,
            more,
        })
    }
}
