//! The names of the settings: one list for parsing, printing and suggestions.

/// The variable that names the file. It is valid in the environment only: a file cannot name another one.
pub(super) const CONFIG: &str = "MARBELLE_CONFIG";

/// The prefix of every variable.
pub(super) const PREFIX: &str = "MARBELLE_";

macro_rules! names {
    ($($name:ident $variable:literal)*) => {
        /// A setting.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Name { $($name),* }

        impl Name {
            /// Every setting, in the order in which `check-config` prints them.
            pub(super) const ALL: &[Self] = &[$(Self::$name),*];

            /// The full name of the variable.
            pub(super) const fn variable(self) -> &'static str {
                match self { $(Self::$name => concat!("MARBELLE_", $variable)),* }
            }
        }
    };
}

names! {
    Env "ENV"
    Listen "LISTEN"
    DataDir "DATA_DIR"
    DatabaseUrl "DATABASE_URL"
    NatsUrl "NATS_URL"
    MailUrl "MAIL_URL"
    MailFrom "MAIL_FROM"
    MailHelo "MAIL_HELO"
    Shop "SHOP_NAME"
    FrontendUrl "FRONTEND_URL"
    AllowedOrigins "ALLOWED_ORIGINS"
    PasskeysRpId "PASSKEYS__RP_ID"
    SigningKey "SIGNING_KEY"
    VerifyKeys "VERIFY_KEYS"
    TokenSecret "TOKEN_SECRET"
    TokenIssuer "TOKEN_ISSUER"
    TokenAudience "TOKEN_AUDIENCE"
    TokenBackends "TOKEN_BACKENDS"
    CookieSameSite "COOKIE_SAME_SITE"
    AccountPage "ACCOUNT_PAGE"
    SignUp "SIGN_UP"
    SignUpDomains "SIGN_UP_DOMAINS"
    BreachedPasswordsUrl "BREACHED_PASSWORDS_URL"
    TrustedProxies "TRUSTED_PROXIES"
    ClientAddressHeader "CLIENT_ADDRESS_HEADER"
    SignInPerMinute "LIMITS__SIGN_IN_PER_MINUTE"
    TokenPerMinute "LIMITS__TOKEN_PER_MINUTE"
    FailuresPerAccount "LIMITS__FAILURES_PER_ACCOUNT"
    MailsPerMailbox "LIMITS__MAILS_PER_MAILBOX"
    CallsPerSecond "LIMITS__CALLS_PER_SECOND"
    WritesPerMinute "LIMITS__WRITES_PER_MINUTE"
    EventsPerUser "LIMITS__EVENTS_PER_USER"
    RefusalsPerMinute "LIMITS__REFUSALS_PER_MINUTE"
    PasswordChangesPerHour "LIMITS__PASSWORD_CHANGES_PER_HOUR"
    CeremoniesPerMinute "LIMITS__CEREMONIES_PER_MINUTE"
    ConnectionsPerAddress "LIMITS__CONNECTIONS_PER_ADDRESS"
    SocketsPerAddress "LIMITS__SOCKETS_PER_ADDRESS"
    SocketsPerUser "LIMITS__SOCKETS_PER_USER"
    SessionsPerUser "LIMITS__SESSIONS_PER_USER"
    PasswordMinLength "LIMITS__PASSWORD_MIN_LENGTH"
    MaxAddresses "LIMITS__MAX_ADDRESSES"
    AccessToken "LIFETIMES__ACCESS_TOKEN"
    OneTimeToken "LIFETIMES__ONE_TIME_TOKEN"
    RefreshGrace "LIFETIMES__REFRESH_GRACE"
    SessionIdle "LIFETIMES__SESSION_IDLE"
    SessionAbsolute "LIFETIMES__SESSION_ABSOLUTE"
    Events "LIFETIMES__EVENTS"
    SecurityEvents "LIFETIMES__SECURITY_EVENTS"
    Proof "LIFETIMES__PROOF"
    MemoryKib "ARGON2__MEMORY_KIB"
    Passes "ARGON2__PASSES"
    Lanes "ARGON2__LANES"
    ServiceListen "SERVICE_LISTEN"
    WebhooksAllowPrivate "WEBHOOKS__ALLOW_PRIVATE"
    Stream "STREAM"
    OperatorEmail "OPERATOR_EMAIL"
    HttpIdle "HTTP_IDLE"
    SweepPeriod "SWEEP_PERIOD"
    SecurityLog "SECURITY_LOG"
    Log "LOG"
}

impl Name {
    /// The setting that `variable` names, or else the most similar variable.
    pub(super) fn find(variable: &str) -> Result<Self, &'static str> {
        if let Some(name) = Self::ALL.iter().find(|name| name.variable() == variable) {
            return Ok(*name);
        }
        let known = Self::ALL.iter().map(|name| name.variable()).chain([CONFIG]);
        Err(known.min_by_key(|known| strsim::damerau_levenshtein(known, variable)).unwrap_or(CONFIG))
    }
}
