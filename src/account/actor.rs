//! Who changes an account.

use crate::domain::{
    client::Client,
    ids::{KeyId, SessionId},
    service_key::ServiceKey,
    session::{Caller, ProvenCaller},
};

/// An operator, or another service: by what they act. Its name stands in the audit log, and in the security log of the
/// user whom it is about.
#[derive(Clone, Copy, Debug)]
pub enum Operator<'a> {
    /// A service key.
    Key(&'a ServiceKey),
    /// The command line.
    CommandLine,
}

impl Operator<'_> {
    /// What they are called.
    pub fn name(&self) -> &str {
        match self {
            Self::Key(key) => key.name.as_str(),
            Self::CommandLine => "command line",
        }
    }

    /// The service key, if they act by one.
    pub fn key(&self) -> Option<KeyId> {
        match self {
            Self::Key(key) => Some(key.id),
            Self::CommandLine => None,
        }
    }
}

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
    /// An operator, or another service.
    Operator(Operator<'a>),
    /// The server itself.
    Server,
}

impl<'a> Actor<'a> {
    /// The session that acts, which the events name.
    pub fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(caller, _) | Self::Proven(ProvenCaller(caller), _) => Some(caller.session),
            Self::SignIn(session, _) => Some(session),
            Self::Link(_) | Self::Stranger(..) | Self::Operator(_) | Self::Server => None,
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
            Self::Operator(_) | Self::Server => None,
        }
    }

    /// The operator, if it is one.
    pub fn operator(self) -> Option<Operator<'a>> {
        match self {
            Self::Operator(operator) => Some(operator),
            _ => None,
        }
    }
}
