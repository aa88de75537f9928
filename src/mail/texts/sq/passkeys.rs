//! Albanian letters on passkeys.

use super::super::{Notice, PasskeyTexts};

pub(super) const PASSKEYS: PasskeyTexts = PasskeyTexts {
    added: Notice {
        subject: |shop| format!("Llogaria juaj në {shop} ka një çelës të ri kalimi"),
        heading: "U shtua një çelës kalimi",
        event: |shop| {
            format!(
                "Dikush që kishte hyrë në llogarinë tuaj në {shop}, me gjasë ju vetë, i shtoi asaj një çelës kalimi (passkey). Me \
                 të hyhet pa fjalëkalim."
            )
        },
        advice: "Nëse ishit ju, nuk duhet të bëni asgjë.",
        button: "Hyni",
        not_you: "Nëse nuk ishit ju, hyni në llogari, fshijeni këtë çelës kalimi te Siguria dhe nxirrni të gjitha pajisjet e tjera. \
                  Pastaj ndryshoni fjalëkalimin.",
    },
    deleted: Notice {
        subject: |shop| format!("Një çelës kalimi i llogarisë suaj në {shop} u fshi"),
        heading: "U fshi një çelës kalimi",
        event: |shop| {
            format!(
                "Dikush që kishte hyrë në llogarinë tuaj në {shop}, me gjasë ju vetë, fshiu një çelës kalimi (passkey) të saj. Me të \
                 nuk hyhet më."
            )
        },
        advice: "Nëse ishit ju, nuk duhet të bëni asgjë. Çelësi i kalimit mund të shfaqet ende aty ku ruhet; mund ta fshini edhe atje.",
        button: "Hyni",
        not_you: "Nëse nuk ishit ju, hyni në llogari, shihni te Siguria se çfarë e hap ende llogarinë tuaj dhe nxirrni të gjitha pajisjet \
                  e tjera. Pastaj ndryshoni fjalëkalimin.",
    },
    passkey: "Çelës kalimi",
    provider: "Hyrje me",
    still_signs_in: "Edhe me këto mund të hyhet ende:",
    delete_other_ways: "Fjalëkalimi i ri nuk i ndryshon mënyrat e tjera të hyrjes: shihni listën më sipër dhe fshini çfarë nuk është juaja.",
};
