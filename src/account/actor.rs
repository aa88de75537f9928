//! The actor of a change.

use crate::domain::{
    client::Client,
    ids::{KeyId, SessionId},
    service_key::ServiceKey,
    session::{Caller, ProvenCaller},
};

/// An operator or another service, by its credential. Its name is recorded in the audit log, and in the security log of
/// the user concerned.
#[derive(Clone, Copy, Debug)]
pub enum Operator<'a> {
    /// A service key.
    Key(&'a ServiceKey),
    /// The command line.
    CommandLine,
}

impl Operator<'_> {
    /// The name in the logs.
    pub fn name(&self) -> &str {
        match self {
            Self::Key(key) => key.name.as_str(),
            Self::CommandLine => "command line",
        }
    }

    /// The service key, if it acts by one.
    pub fn key(&self) -> Option<KeyId> {
        match self {
            Self::Key(key) => Some(key.id),
            Self::CommandLine => None,
        }
    }
}

/// The actor of a change. It determines the session that the events name, the entries of the security log, and the
/// error if the account does not exist or the actor may not change it.
#[derive(Clone, Copy, Debug)]
pub enum Actor<'a> {
    /// A live session of the account.
    Session(Caller, &'a Client),
    /// A live session of the account that was proven recently (docs/protocol.md, "Proof").
    Proven(ProvenCaller, &'a Client),
    /// A sign-in that opens this session.
    SignIn(SessionId, &'a Client),
    /// The holder of a mailed link of the account, which must not be disabled.
    Link(&'a Client),
    /// Somebody who presented a former credential of this session.
    Stranger(SessionId, &'a Client),
    /// An operator, or another service.
    Operator(Operator<'a>),
    /// The server itself.
    Server,
}

impl<'a> Actor<'a> {
    /// The acting session, which the events name.
    pub fn session(self) -> Option<SessionId> {
        match self {
            Self::Session(caller, _) | Self::Proven(ProvenCaller(caller), _) => Some(caller.session),
            Self::SignIn(session, _) => Some(session),
            Self::Link(_) | Self::Stranger(..) | Self::Operator(_) | Self::Server => None,
        }
    }

    /// The session in the security log: the acting one, or the one whose credential was presented.
    pub fn recorded_session(self) -> Option<SessionId> {
        match self {
            Self::Stranger(session, _) => Some(session),
            actor => actor.session(),
        }
    }

    /// The client of the call.
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

    /// The operator, if the actor is one.
    pub fn operator(self) -> Option<Operator<'a>> {
        match self {
            Self::Operator(operator) => Some(operator),
            _ => None,
        }
    }
}
