//! Who may register.

use super::{
    email::EmailAddress,
    fault::{Fault, Rule},
    text_enum::text_enum,
};

text_enum! {
    /// Who may register. Registrations that were started before a change may still be verified.
    pub enum SignUp {
        /// Everybody.
        Open = "open",
        /// Only people with an invitation.
        Invited = "invited",
        /// Nobody.
        Closed = "closed",
    }
}

/// Who may register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUpPolicy {
    /// Whether registration is open.
    pub sign_up: SignUp,
    /// The domains of addresses that may register; empty if all may.
    pub domains: Vec<String>,
}

impl SignUpPolicy {
    /// Checks that an address belongs to a domain that may register. The result does not depend on whether the address
    /// is known.
    pub fn check_domain(&self, email: &EmailAddress) -> Result<(), Fault> {
        let domain = email.as_str().rsplit_once('@').map_or("", |(_, domain)| domain);
        if self.domains.is_empty() || self.domains.iter().any(|allowed| allowed == domain) {
            return Ok(());
        }
        let allowed = self.domains.join(", ");
        Err(Fault::new(Rule::NotAllowed, format!("must be an address at one of these domains: {allowed}")))
    }
}
