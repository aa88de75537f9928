//! The English letter that invites to register.

use super::super::{InvitationTexts, Request};

pub(super) const INVITATION: InvitationTexts = InvitationTexts {
    request: Request {
        subject: |shop| format!("You are invited to register at {shop}"),
        heading: "You are invited to register",
        request: |shop| {
            format!(
                "You are invited to open an account at {shop}. The link below leads to the registration. It is for \
                 this e-mail address alone; nobody can register with another one by it."
            )
        },
        button: "Register",
        lifetime: |span| format!("The link works once, for {span} after the invitation."),
        not_you: "If you do not want an account, ignore this letter: without you none is opened.",
    },
    name: "Name",
    email: "E-mail address",
};
