//! Albanian letters on sign-in methods.

use super::super::{
    Notice,
    sign_in_methods::{RecoveryCodeUsed, SignInMethods},
};

const SIGN_IN: &str = "Hyni";
const NOTHING_TO_DO: &str = "Nëse ishit ju, nuk duhet të bëni asgjë.";
const NOT_YOU: &str = "Nëse nuk ishit ju, rivendoseni fjalëkalimin menjëherë: kështu të gjitha pajisjet nxirren nga \
                       llogaria. Pastaj shikoni mënyrat e hyrjes në llogarinë tuaj.";

pub(super) const SIGN_IN_METHODS: SignInMethods = SignInMethods {
    password_set: Notice {
        subject: |shop| format!("Llogaria juaj në {shop} ka tani një fjalëkalim"),
        heading: "Llogaria juaj ka një fjalëkalim",
        event: |shop| {
            format!(
                "Llogaria juaj në {shop} deri tani nuk kishte fjalëkalim. Dikush që kishte hyrë në llogari caktoi një. \
                 Të gjitha pajisjet e tjera u nxorën nga llogaria."
            )
        },
        advice: NOTHING_TO_DO,
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    totp_enabled: Notice {
        subject: |shop| format!("Faktori i dytë për {shop} është aktiv"),
        heading: "Faktori i dytë është aktiv",
        event: |shop| {
            format!(
                "Nga tani, për të hyrë në llogarinë tuaj në {shop} nevojitet edhe një kod i aplikacionit tuaj të \
                 vërtetimit."
            )
        },
        advice: "Nëse ishit ju, ruajini kodet e rikuperimit aty ku i gjeni edhe pa telefonin tuaj.",
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    totp_disabled: Notice {
        subject: |shop| format!("Faktori i dytë për {shop} u çaktivizua"),
        heading: "Faktori i dytë u çaktivizua",
        event: |shop| {
            format!(
                "Për të hyrë në llogarinë tuaj në {shop} nuk nevojitet më një kod i aplikacionit tuaj të vërtetimit. \
                 Kodet e rikuperimit nuk vlejnë më."
            )
        },
        advice: NOTHING_TO_DO,
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    second_factor_reset: Notice {
        subject: |shop| format!("Faktori i dytë për {shop} u hoq"),
        heading: "Faktori i dytë u hoq",
        event: |shop| {
            format!(
                "Stafi ynë e hoqi faktorin e dytë nga llogaria juaj në {shop}, siç bëhet kur ai humbet. Të gjitha \
                 pajisjet u nxorën nga llogaria dhe kodet e rikuperimit nuk vlejnë më."
            )
        },
        advice: "Nëse e kërkuat ju, hyni dhe vendosni përsëri një faktor të dytë.",
        button: SIGN_IN,
        not_you: "Nëse nuk e kërkuat ju, na njoftoni dhe jepini llogarisë suaj një fjalëkalim të ri.",
    },
    recovery_codes_renewed: Notice {
        subject: |shop| format!("Keni kode të reja rikuperimi për {shop}"),
        heading: "Keni kode të reja rikuperimi",
        event: |shop| {
            format!("Për llogarinë tuaj në {shop} u krijuan kode të reja rikuperimi. Të mëparshmet nuk vlejnë më.")
        },
        advice: "Nëse ishit ju, ruajini të rejat aty ku i gjeni edhe pa telefonin tuaj.",
        button: SIGN_IN,
        not_you: NOT_YOU,
    },
    recovery_code_used: RecoveryCodeUsed {
        notice: Notice {
            subject: |shop| format!("U përdor një kod rikuperimi për {shop}"),
            heading: "U përdor një kod rikuperimi",
            event: |shop| {
                format!("Një kod rikuperimi i llogarisë suaj në {shop} u përdor në vend të aplikacionit të vërtetimit.")
            },
            advice: NOTHING_TO_DO,
            button: SIGN_IN,
            not_you: NOT_YOU,
        },
        left: "Kode rikuperimi të mbetura",
        few: "Kanë mbetur pak kode rikuperimi. Hyni dhe krijoni të reja.",
    },
};
