//! Everything that is kept of a person, for that person (GDPR, articles 15 and 20).

use super::{
    Accounts, Error,
    feed::{fitting, list_page},
};
use crate::{
    domain::{
        address::Address,
        device::KnownDevice,
        export::ExportCursor,
        profile::{ExternalId, Profile},
        security_event::SecurityEvent,
        session::{ProvenCaller, Session},
        sign_in_methods::SignInMethods,
        time::Timestamp,
    },
    store::{EndedSessionRow, EventRow, LetterAbout},
};
use std::sync::Arc;

/// Entries of each long list that one page has.
const PAGE: usize = 200;

/// A page of what is kept of a person: the long lists go on with the next page, everything else is whole on each.
#[derive(Debug)]
#[expect(missing_docs, reason = "the parts, as they are called everywhere")]
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
    /// How far the long lists were read.
    pub cursor: ExportCursor,
    /// Whether they go on.
    pub more: bool,
}

impl Accounts {
    /// A page of everything that is kept of the caller, all at one moment.
    pub async fn export(self: &Arc<Self>, caller: ProvenCaller, after: ExportCursor) -> Result<Export, Error> {
        let (mut tx, row) = self.read_proven(caller).await?;
        let user = row.user.user_id;
        let one_more = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        let mut security_events = tx.list_security_events_after(user, after.security_event, one_more).await?;
        let mut letters = tx.list_letters_of(user, after.letter, one_more).await?;
        let mut events = list_page(&mut tx, user, after.revision, one_more - 1).await?;
        let addresses = tx.list_addresses(user).await?;
        let sessions = self.hub.live_sessions(&mut tx, user, Some(caller.0.session)).await?;
        let ended_sessions = tx.list_ended_sessions(user).await?;
        let devices = tx.list_known_devices(user).await?;
        let sign_in_methods = tx.sign_in_methods(&row.user).await?;
        tx.end_read().await?;
        // It never changes.
        let external_id = self.store.find_external_id(user).await?;

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
            profile: row.user.profile(),
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
