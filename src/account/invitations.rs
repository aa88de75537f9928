//! Invitations to register, and the check of whether an address may register.

use super::{Accounts, Error, LetterRequest, Operator};
use crate::{
    crypto::opaque_token::Purpose,
    domain::{
        audit::AuditEntry,
        email::EmailAddress,
        ids::InvitationId,
        invitation::{self, Invitation, InvitationLink, Invitee},
        letter::{Content, Letter, LetterKind},
        sign_up::SignUp,
        time::Timestamp,
    },
    store::ValidInvitation,
};
use serde_json::json;

impl Accounts {
    /// Parses the token of an invitation's link; `None` if it is none. Whether the invitation is still valid is not
    /// checked.
    pub(crate) fn invitation_link(&self, token: &str) -> Option<InvitationLink> {
        let (id, generation) = self.opaque_tokens.open(Purpose::Invitation, token)?;
        Some(InvitationLink { id: InvitationId(id), generation })
    }

    /// Checks whether an address may register, and returns its invitation if the link of a valid one is given. Where
    /// registration is open to everybody, an invalid invitation is ignored.
    ///
    /// # Errors
    /// [`Error::SignUpClosed`] in the same way for addresses that are invited, have an account, or neither.
    pub(crate) async fn admit(
        &self,
        email: &EmailAddress,
        link: Option<InvitationLink>,
    ) -> Result<Option<ValidInvitation>, Error> {
        if self.sign_up_policy.sign_up == SignUp::Closed {
            return Err(Error::SignUpClosed);
        }
        let invitation = match link {
            Some(link) => self.store.find_valid_invitation(link, email, self.clock.now()).await?,
            None => None,
        };
        match (self.sign_up_policy.sign_up, &invitation) {
            (SignUp::Invited, None) => Err(Error::SignUpClosed),
            _ => Ok(invitation),
        }
    }

    /// Mails an address a link to register with; it replaces an earlier link. Returns the invitation's id and expiry.
    ///
    /// # Errors
    /// [`Error::SignUpClosed`] if registration is closed even to the invited; [`Error::InvalidParams`] if the address's
    /// domain may not register; [`Error::Conflict`] if the address has an account; [`Error::RateLimited`] by the
    /// operators' allowance.
    pub async fn invite(&self, invitee: Invitee, operator: Operator<'_>) -> Result<(InvitationId, Timestamp), Error> {
        if self.sign_up_policy.sign_up == SignUp::Closed {
            return Err(Error::SignUpClosed);
        }
        self.sign_up_policy.check_domain(&invitee.email).map_err(|fault| Error::invalid("email", fault))?;
        let now = self.clock.now();
        let mut tx = self.store.write().await?;
        if tx.find_user_by_email(&invitee.email).await?.is_some() {
            return Err(Error::Conflict("email"));
        }
        let asked = LetterRequest::of_operator(&invitee.email, LetterKind::Invitation, now);
        self.check_room_for_operator(&mut tx, &asked).await?;
        let expires_at = now.after(invitation::LIFETIME);
        let InvitationLink { id, generation } = tx.issue_invitation(&invitee, now, expires_at).await?;
        let letter = Letter {
            user: None,
            to: invitee.email.clone(),
            locale: invitee.locale,
            content: Content::Invitation {
                invitation: id,
                generation,
                first_name: invitee.first_name,
                last_name: invitee.last_name,
            },
        };
        self.queue_letter(&mut tx, &asked, Some(letter)).await?;
        // Without the address: no account is known for it, so nothing would tell when the entry has to forget it.
        let detail = json!({ "invitation_id": id });
        tx.insert_audit_entry(&AuditEntry::of(operator, "users.invite", None, detail, now)).await?;
        tx.commit().await?;
        Ok((id, expires_at))
    }

    /// Every invitation, newest first: the open ones, and for two weeks those that were used or have expired.
    pub async fn list_invitations(&self) -> Result<Vec<Invitation>, Error> {
        Ok(self.store.list_invitations().await?)
    }

    /// Withdraws an invitation: its link is void, and a registration that was started with it cannot be verified.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] for one that was used.
    pub async fn withdraw_invitation(&self, invitation: InvitationId, operator: Operator<'_>) -> Result<(), Error> {
        let mut tx = self.store.write().await?;
        if !tx.withdraw_invitation(invitation).await? {
            return Err(match tx.is_invitation(invitation).await? {
                true => Error::Forbidden("this invitation has already been used"),
                false => Error::NotFound,
            });
        }
        let detail = json!({ "invitation_id": invitation });
        let entry = AuditEntry::of(operator, "invitations.withdraw", None, detail, self.clock.now());
        tx.insert_audit_entry(&entry).await?;
        tx.commit().await?;
        Ok(())
    }
}
