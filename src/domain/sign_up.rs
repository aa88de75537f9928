//! Who may register.

use super::{
    email::EmailAddress,
    fault::{Fault, Rule},
    text_enum::text_enum,
};

text_enum! {
    /// Whether anybody may register.
    pub enum SignUp {
        /// Everybody.
        Open = "open",
        /// Whoever is invited, with the invitation; registrations that wait may still be verified.
        Invited = "invited",
        /// Nobody; registrations that wait may still be verified.
        Closed = "closed",
    }
}

/// Who may register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUpPolicy {
    /// Whether anybody may.
    pub sign_up: SignUp,
    /// Domains of the addresses that may; any if there are none.
    pub domains: Vec<String>,
}

impl SignUpPolicy {
    /// Whether an address is of a domain that may register. It says nothing of whether the address is known.
    pub fn check_domain(&self, email: &EmailAddress) -> Result<(), Fault> {
        let domain = email.as_str().rsplit_once('@').map_or("", |(_, domain)| domain);
        if self.domains.is_empty() || self.domains.iter().any(|allowed| allowed == domain) {
            return Ok(());
        }
        let allowed = self.domains.join(", ");
        Err(Fault::new(Rule::NotAllowed, format!("must be an address at one of these domains: {allowed}")))
    }
}
