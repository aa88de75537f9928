//! `users.invite`, `invitations.*`: invitations to register.

use crate::{
    account::{Error, Operator},
    domain::{
        email::EmailAddress,
        ids::InvitationId,
        invitation::{Invitation, Invitee},
        profile::{Locale, Name},
        service_key::{Scope, ServiceKey},
        time::Timestamp,
    },
    methods::session::Done,
    rpc::{
        error::Kind,
        params::{NoParams, params},
        rates::Rate,
        registry::{Call, Description, Effect, Registry},
    },
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

/// An invitation whose letter is on its way.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Invited {
    /// Identifies it for `invitations.withdraw`; unchanged if the address was already invited.
    invitation_id: InvitationId,
    /// When its link expires.
    expires_at: Timestamp,
}

params! {
    /// Parameters of `users.invite`.
    pub struct InviteParams {
        /// The only address that can register with the invitation.
        required email: EmailAddress,
        /// Used in the letter, and for a registration by a provider that gives no name.
        optional first_name: Name,
        /// Used like the first name.
        optional last_name: Name,
        /// The language of the letter; English if absent. Subtags, as in `de-DE`, are ignored.
        defaulted locale: Locale,
    }
}

params! {
    /// Parameters of `invitations.withdraw`.
    pub struct WithdrawParams {
        required invitation_id: InvitationId,
    }
}

const INVITATION_ID: &str = "019aa3c5-1f00-7b21-8e40-2c3d4e5f6071";
const EXPIRES_AT: &str = "2026-11-28T09:00:00.000Z";

/// Declares them.
pub fn declare(registry: &mut Registry) {
    const WRITE: &[Scope] = &[Scope::UsersWrite];
    registry.service(
        "users.invite",
        WRITE,
        Effect::Write,
        Description {
            summary: "Mails an address a link that is valid for one registration; earlier links of the address become void.",
            rate: Rate::Calls,
            errors: &[Kind::Conflict, Kind::SignUpClosed],
            example: || (
                json!({ "email": "ann@example.org", "first_name": "Ann" }),
                json!({ "invitation_id": INVITATION_ID, "expires_at": EXPIRES_AT }),
            ),
        },
        invite,
    );
    registry.service(
        "invitations.list",
        WRITE,
        Effect::Read,
        Description {
            summary: "Open invitations, and those that were used or expired in the last two weeks, newest first.",
            rate: Rate::Calls,
            errors: &[],
            example: || {
                (
                    json!({}),
                    json!([{
                        "id": INVITATION_ID, "email": "ann@example.org", "created_at": "2026-11-21T09:00:00.000Z",
                        "expires_at": EXPIRES_AT, "used_at": null,
                    }]),
                )
            },
        },
        |call: Call, _: ServiceKey, _: NoParams| async move {
            let invitations: Result<Vec<Invitation>, Error> = call.context.accounts.list_invitations().await;
            invitations
        },
    );
    registry.service(
        "invitations.withdraw",
        WRITE,
        Effect::Write,
        Description {
            summary: "Voids an unused invitation, and any unverified registration that was started with it.",
            rate: Rate::Calls,
            errors: &[Kind::NotFound, Kind::Forbidden],
            example: || (json!({ "invitation_id": INVITATION_ID }), json!({})),
        },
        |call: Call, key: ServiceKey, params: WithdrawParams| async move {
            call.context.accounts.withdraw_invitation(params.invitation_id, Operator::Key(&key)).await?;
            Ok(Done {})
        },
    );
}

async fn invite(call: Call, key: ServiceKey, params: InviteParams) -> Result<Invited, Error> {
    let InviteParams { email, first_name, last_name, locale } = params;
    let invitee = Invitee { email, first_name, last_name, locale };
    let (invitation_id, expires_at) = call.context.accounts.invite(invitee, Operator::Key(&key)).await?;
    Ok(Invited { invitation_id, expires_at })
}
