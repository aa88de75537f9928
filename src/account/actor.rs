//! Who changes an account.

use crate::domain::{
    client::Client,
    ids::SessionId,
    session::{Caller, ProvenCaller},
};

/// Who changes an account. It decides which session the events name, what stands in the security log, and how a
/// change of an account that is gone, or that the actor may not change, is refused.
#[derive(Clone, Copy, Debug)]
pub enum Actor<'a> {
    /// A live session of the account.
    Session(Caller, &'a Client),
    /// A live session of the account that was proven lately (docs/protocol.md, "Proof").
    Proven(ProvenCaller, &'a Client),
    /// A sign-in that opens this session.
    SignIn(SessionId, &'a Client),
    /// Whoever holds a mailed link of the account, which must not be disabled.
    Link(&'a Client),
    /// Somebody who presented a credential of this session that is no longer good.
    Stranger(SessionId, &'a Client),
    /// The operator.
    Operator,
    /// The server itself.
    Server,
}

impl<'a> Actor<'a> {
    /// The session that acts, which the events name.
    pub fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(caller, _) | Self::Proven(ProvenCaller(caller), _) => Some(caller.session),
            Self::SignIn(session, _) => Some(session),
            Self::Link(_) | Self::Stranger(..) | Self::Operator | Self::Server => None,
        }
    }

    /// The session that the security log names: the one that acts, or whose credential was presented.
    pub fn recorded_session(self) -> Option<SessionId> {
        match self {
            Self::Stranger(session, _) => Some(session),
            actor => actor.session(),
        }
    }

    /// Where the call came from.
    pub fn client(self) -> Option<&'a Client> {
        match self {
            Self::Session(_, client)
            | Self::Proven(_, client)
            | Self::SignIn(_, client)
            | Self::Link(client)
            | Self::Stranger(_, client) => Some(client),
            Self::Operator | Self::Server => None,
        }
    }
}
