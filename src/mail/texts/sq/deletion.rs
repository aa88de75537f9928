//! Albanian letters on the deletion of an account.

use super::{
    super::{DeletionTexts, Notice, Request},
    LIFETIME,
};

pub(super) const DELETION: DeletionTexts = DeletionTexts {
    request: Request {
        subject: |shop| format!("Fshini llogarinë tuaj në {shop}"),
        heading: "Fshini llogarinë tuaj",
        request: |shop| {
            format!(
                "Dikush që ka hyrë në llogarinë tuaj në {shop}, me gjasë ju, kërkoi ta fshijë atë. Lidhja më \
                 poshtë e fshin menjëherë, bashkë me profilin, adresat dhe gjithçka tjetër që ruhet për ju. \
                 Llogaria nuk mund të rikthehet."
            )
        },
        button: "Fshije llogarinë",
        lifetime: LIFETIME,
        not_you: "Nëse nuk ishit ju, mos e hapni lidhjen: llogaria juaj mbetet siç është. Hyni, mbyllni çdo \
                  sesion që nuk e njihni dhe ndryshoni fjalëkalimin.",
    },
    done: Notice {
        subject: |shop| format!("Llogaria juaj në {shop} u fshi"),
        heading: "Llogaria juaj u fshi",
        event: |shop| {
            format!(
                "Llogaria juaj në {shop} u fshi me lidhjen që u dërgua në këtë adresë e-maili. Të gjitha pajisjet \
                 u nxorën nga llogaria, dhe asgjë nga ato që ruheshin për ju nuk mund të rikthehet."
            )
        },
        advice: "Kjo është letra e fundit për të. Mund të regjistroheni përsëri në çdo kohë.",
        button: "Te dyqani",
        not_you: "Nëse nuk ishit ju, dikush tjetër mund të lexojë postën tuaj: jepini kutisë suaj postare një \
                  fjalëkalim të ri.",
    },
};
