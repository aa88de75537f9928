//! Albanian, with the polite "ju".

mod deletion;
mod invitation;
mod operator;
mod passkeys;
mod providers;
mod sign_in_methods;

use super::{EmailChanged, NewDevice, Notice, Request, Span, Texts};

pub(super) const TEXTS: Texts = Texts {
    language: "sq",
    span: |span| match span {
        Span::Minutes(1) => "1 minutë".to_owned(),
        Span::Minutes(n) => format!("{n} minuta"),
        Span::Hours(n) => format!("{n} orë"),
        Span::Days(n) => format!("{n} ditë"),
    },
    moment: |at| format!("{} {} {}, ora {} (UTC)", at.day, at.month, at.year, at.clock),
    months: [
        "janar", "shkurt", "mars", "prill", "maj", "qershor", "korrik", "gusht", "shtator", "tetor", "nëntor",
        "dhjetor",
    ],
    address_of_link: "Nëse butoni nuk funksionon, hapni këtë adresë:",
    verification_code: "Ose shkruani këtë kod aty ku u regjistruat:",
    footer: |shop| format!("Ky mesazh u dërgua automatikisht nga {shop}."),
    verify_email: Request {
        subject: |shop| format!("Konfirmoni adresën tuaj të e-mailit për {shop}"),
        heading: "Konfirmoni adresën tuaj të e-mailit",
        request: |shop| {
            format!(
                "Dikush, me gjasë ju vetë, kërkoi të hapë një llogari në {shop} me këtë adresë e-maili. \
                 Konfirmoni adresën për ta hapur llogarinë."
            )
        },
        button: "Konfirmoni adresën e e-mailit",
        lifetime: LIFETIME,
        not_you: "Nëse nuk ishit ju, shpërfilleni këtë mesazh: në atë rast nuk hapet asnjë llogari.",
    },
    invitation: invitation::INVITATION,
    already_registered: Notice {
        subject: |shop| format!("Ju keni tashmë një llogari në {shop}"),
        heading: "Ju keni tashmë një llogari",
        event: |shop| {
            format!(
                "Dikush, me gjasë ju vetë, u përpoq të regjistrohet në {shop} me këtë adresë e-maili. \
                 Ajo ka tashmë një llogari, prandaj nuk u hap asnjë tjetër."
            )
        },
        advice: "Hyni me fjalëkalimin tuaj. Nëse e keni harruar, mund ta rivendosni atje.",
        button: SIGN_IN_OR_RESET,
        not_you: "Nëse nuk ishit ju, shpërfilleni këtë mesazh: llogaria juaj është e pandryshuar dhe personit në \
                  fjalë nuk i është treguar se ajo ekziston.",
    },
    reset_password: Request {
        subject: |shop| format!("Zgjidhni një fjalëkalim të ri për {shop}"),
        heading: "Zgjidhni një fjalëkalim të ri",
        request: |shop| {
            format!(
                "Dikush, me gjasë ju vetë, kërkoi të rivendoset fjalëkalimi i llogarisë suaj në {shop}. \
                 Zgjidhni një të ri me lidhjen më poshtë. Më pas të gjitha pajisjet nxirren nga llogaria."
            )
        },
        button: "Zgjidhni fjalëkalimin e ri",
        lifetime: LIFETIME,
        not_you: "Nëse nuk ishit ju, shpërfilleni këtë mesazh: fjalëkalimi juaj mbetet ai që është. \
                  Mos ia jepni lidhjen askujt.",
    },
    password_was_reset: Notice {
        subject: |shop| format!("Fjalëkalimi juaj për {shop} u rivendos"),
        heading: "Fjalëkalimi juaj u rivendos",
        event: |shop| {
            format!(
                "Fjalëkalimi i llogarisë suaj në {shop} u rivendos me një lidhje që u dërgua në këtë adresë e-maili. \
                 Të gjitha pajisjet u nxorën nga llogaria."
            )
        },
        advice: "Nëse ishit ju, hyni me fjalëkalimin e ri. Nuk duhet të bëni asgjë tjetër.",
        button: SIGN_IN_OR_RESET,
        not_you: "Nëse nuk ishit ju, dikush tjetër mund t’i lexojë e-mailet tuaja. Së pari ndryshoni fjalëkalimin e \
                  postës suaj elektronike, pastaj rivendosni edhe një herë fjalëkalimin e kësaj llogarie.",
    },
    password_changed: Notice {
        subject: |shop| format!("Fjalëkalimi juaj për {shop} u ndryshua"),
        heading: "Fjalëkalimi juaj u ndryshua",
        event: |shop| {
            format!(
                "Fjalëkalimi i llogarisë suaj në {shop} u ndryshua nga dikush që kishte hyrë në llogari dhe u vërtetua \
                 si ju. Të gjitha pajisjet e tjera u nxorën nga llogaria."
            )
        },
        advice: "Nëse ishit ju, nuk duhet të bëni asgjë.",
        button: SIGN_IN_OR_RESET,
        not_you: "Nëse nuk ishit ju, rivendoseni fjalëkalimin menjëherë: kështu të gjitha pajisjet nxirren nga \
                  llogaria. Ndryshojeni edhe kudo tjetër ku keni përdorur fjalëkalimin e mëparshëm.",
    },
    confirm_email_change: Request {
        subject: |shop| format!("Konfirmoni adresën tuaj të re të e-mailit për {shop}"),
        heading: "Konfirmoni adresën tuaj të re të e-mailit",
        request: |shop| {
            format!(
                "Dikush, me gjasë ju vetë, kërkoi që kjo të bëhet adresa e e-mailit e një llogarie në {shop}. \
                 Konfirmojeni që më tej të hyni me të. Më pas të gjitha pajisjet nxirren nga llogaria."
            )
        },
        button: "Konfirmoni adresën e re",
        lifetime: LIFETIME,
        not_you: "Nëse nuk ishit ju, shpërfilleni këtë mesazh: pa konfirmimin tuaj nuk ndryshon asgjë.",
    },
    email_taken: Notice {
        subject: |shop| format!("Adresa juaj e e-mailit ka tashmë një llogari në {shop}"),
        heading: "Kjo adresë ka tashmë një llogari",
        event: |shop| {
            format!(
                "Dikush, me gjasë ju vetë, kërkoi që kjo të bëhet adresa e e-mailit e një llogarie tjetër në {shop}. \
                 Ajo i përket tashmë llogarisë suaj, prandaj nuk u ndryshua asgjë."
            )
        },
        advice: "Nëse ishit ju, hyni me këtë adresë ose zgjidhni një tjetër për llogarinë tjetër.",
        button: SIGN_IN_OR_RESET,
        not_you: "Nëse nuk ishit ju, shpërfilleni këtë mesazh: llogaria juaj është e pandryshuar dhe personit në \
                  fjalë nuk i është treguar se ajo ekziston.",
    },
    email_change_requested: EmailChanged {
        subject: |shop| format!("Për {shop} u kërkua një adresë tjetër e-maili"),
        heading: "U kërkua një adresë tjetër e-maili",
        event: |shop| {
            format!(
                "Dikush që ka hyrë në llogarinë tuaj në {shop} kërkoi t'i japë asaj një adresë tjetër e-maili. Ende nuk ka \
                 ndryshuar asgjë: adresa e re duhet konfirmuar më parë."
            )
        },
        new_email: "Adresa e re e e-mailit",
        advice: "Nëse ishit ju, hapni mesazhin që u dërgua te adresa e re.",
        button: SIGN_IN_OR_RESET,
        not_you: |shop| {
            format!(
                "Nëse nuk ishit ju, hyni, nxirrni të gjitha pajisjet e tjera te Pajisjet dhe ndryshoni fjalëkalimin: kërkesa mbaron \
                 me sesionin që e bëri. Pastaj njoftoni {shop}."
            )
        },
    },
    email_changed: EmailChanged {
        subject: |shop| format!("Adresa juaj e e-mailit për {shop} u ndryshua"),
        heading: "Adresa juaj e e-mailit u ndryshua",
        event: |shop| {
            format!(
                "Llogaria juaj në {shop} ka tani një adresë tjetër e-maili. Të gjitha pajisjet u nxorën nga llogaria, \
                 dhe me adresën ku u dërgua ky mesazh nuk mund të hyni më."
            )
        },
        new_email: "Adresa e re e e-mailit",
        advice: "Nëse ishit ju, tani e tutje hyni me adresën e re.",
        button: "Hyni",
        not_you: |shop| {
            format!(
                "Nëse nuk ishit ju, dikush që e dinte fjalëkalimin tuaj e ka marrë në dorë llogarinë. Këtë nuk mund ta \
                 zhbëni vetë: ruajeni këtë mesazh dhe njoftoni menjëherë {shop}. Ndryshojeni fjalëkalimin edhe \
                 kudo tjetër ku e përdorni."
            )
        },
    },
    new_device: NewDevice {
        subject: |shop| format!("Hyrje e re në llogarinë tuaj në {shop}"),
        heading: "Hyrje nga një pajisje e re",
        event: |shop| {
            format!(
                "Dikush, me gjasë ju vetë, hyri në llogarinë tuaj në {shop} nga një pajisje që nuk ishte përdorur \
                 më parë për të."
            )
        },
        time: "Koha",
        device: "Si e përshkruan veten pajisja",
        silent: "pa përshkrim",
        network: "Rrjeti",
        advice: "Nëse ishit ju, nuk duhet të bëni asgjë.",
        not_you: "Nëse nuk ishit ju, ndërpriteni këtë hyrje: hyni në llogari, hapni listën e pajisjeve tuaja dhe \
                  nxirreni atë pajisje nga llogaria, ose dilni nga të gjitha pajisjet.",
        button: "Hyni",
        reset: "Pastaj rivendoseni fjalëkalimin, sepse personi në fjalë e di. Edhe kjo i nxjerr të gjitha pajisjet \
                nga llogaria.",
    },
    sign_in_methods: sign_in_methods::SIGN_IN_METHODS,
    passkeys: passkeys::PASSKEYS,
    providers: providers::PROVIDERS,
    webhook_switched_off: operator::WEBHOOK_SWITCHED_OFF,
    deletion: deletion::DELETION,
};

const LIFETIME: fn(&str) -> String =
    |span| format!("Lidhja funksionon vetëm një herë, për {span} nga çasti i kërkesës.");

const SIGN_IN_OR_RESET: &str = "Hyni ose rivendosni fjalëkalimin";
