//! Albanian letters on links to providers.

use super::super::{Notice, ProviderTexts};

pub(super) const PROVIDERS: ProviderTexts = ProviderTexts {
    linked: Notice {
        subject: |shop| format!("Llogaria juaj në {shop} u lidh me një ofrues"),
        heading: "U shtua një mënyrë hyrjeje",
        event: |shop| {
            format!(
                "Dikush që kishte hyrë në llogarinë tuaj në {shop}, me gjasë ju vetë, e lidhi atë me një llogari te një \
                 ofrues. Kush hyn atje, mund të hyjë edhe këtu pa fjalëkalim."
            )
        },
        advice: "Nëse ishit ju, nuk duhet të bëni asgjë.",
        button: "Hyni",
        not_you: "Nëse nuk ishit ju, hyni në llogari, hiqeni këtë lidhje te Siguria dhe nxirrni të gjitha pajisjet e tjera. \
                  Pastaj ndryshoni fjalëkalimin.",
    },
    unlinked: Notice {
        subject: |shop| format!("Një lidhje e llogarisë suaj në {shop} u hoq"),
        heading: "U hoq një mënyrë hyrjeje",
        event: |shop| {
            format!(
                "Dikush që kishte hyrë në llogarinë tuaj në {shop}, me gjasë ju vetë, hoqi lidhjen me një llogari te një \
                 ofrues. Me të nuk hyhet më."
            )
        },
        advice: "Nëse ishit ju, nuk duhet të bëni asgjë.",
        button: "Hyni",
        not_you: "Nëse nuk ishit ju, hyni në llogari, shihni te Siguria se çfarë e hap ende llogarinë tuaj dhe nxirrni të \
                  gjitha pajisjet e tjera. Pastaj ndryshoni fjalëkalimin.",
    },
};
