//! The Albanian letter that invites to register.

use super::super::{InvitationTexts, Request};

pub(super) const INVITATION: InvitationTexts = InvitationTexts {
    request: Request {
        subject: |shop| format!("Ftesë për t'u regjistruar në {shop}"),
        heading: "Ju ftojmë të regjistroheni",
        request: |shop| {
            format!(
                "Ju ftojmë të hapni një llogari në {shop}. Lidhja më poshtë ju çon te regjistrimi. Ajo vlen vetëm \
                 për këtë adresë e-maili; me një adresë tjetër askush nuk mund të regjistrohet prej saj."
            )
        },
        button: "Regjistrohuni",
        lifetime: |span| format!("Lidhja funksionon vetëm një herë, për {span} nga çasti i ftesës."),
        not_you: "Nëse nuk doni llogari, shpërfilleni këtë mesazh: pa ju nuk hapet asnjë.",
    },
    name: "Emri",
    email: "Adresa e e-mailit",
};
