//! English letters on the deletion of an account.

use super::{
    super::{DeletionTexts, Notice, Request},
    LIFETIME,
};

pub(super) const DELETION: DeletionTexts = DeletionTexts {
    request: Request {
        subject: |shop| format!("Delete your account at {shop}"),
        heading: "Delete your account",
        request: |shop| {
            format!(
                "Somebody who is signed in to your account at {shop}, probably you, asked to delete it. The link \
                 below deletes it at once, with your profile, your addresses and everything else that is stored about \
                 you. This cannot be undone."
            )
        },
        button: "Delete the account",
        lifetime: LIFETIME,
        not_you: "If it was not you, do not open the link: your account stays as it is. Sign in, end every \
                  session that you do not know and change your password.",
    },
    done: Notice {
        subject: |shop| format!("Your account at {shop} was deleted"),
        heading: "Your account was deleted",
        event: |shop| {
            format!(
                "Your account at {shop} was deleted with the link that was sent to this e-mail address. Every \
                 device was signed out, and your data cannot be restored."
            )
        },
        advice: "This is the last letter about it. You can register again at any time.",
        button: "To the shop",
        not_you: "If it was not you, somebody else can read your mail: give your mailbox a new password.",
    },
};
