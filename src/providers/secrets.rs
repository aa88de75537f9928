//! The secrets in a flow's requests: state, nonce and the verifier of the code (RFC 7636). Each is derived from the
//! flow, which only its browser has and nobody can forge or predict.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The secrets of one flow.
pub struct FlowSecrets {
    pub state: String,
    pub nonce: String,
    pub code_verifier: String,
}

impl FlowSecrets {
    pub fn of(flow: &str) -> Self {
        let made = |what: &str| URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{what}/{flow}")));
        Self { state: made("state"), nonce: made("nonce"), code_verifier: made("code-verifier") }
    }

    /// The challenge sent for the code, which does not reveal the verifier.
    pub fn code_challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.code_verifier))
    }

    /// Whether this is the flow's state.
    pub fn is_state(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }
}
