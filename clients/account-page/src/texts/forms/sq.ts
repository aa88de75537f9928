import type { FormsTexts } from './en.js'

/** Albanian: the fields of forms, and their faults. */
export const sq: FormsTexts = {
  fields: {
    email: 'Adresa e e-mailit',
    new_email: 'Adresa e re e e-mailit',
    password: 'Fjalëkalimi',
    current_password: 'Fjalëkalimi i tanishëm',
    new_password: 'Fjalëkalimi i ri',
    first_name: 'Emri',
    last_name: 'Mbiemri',
    company_name: 'Kompania',
    company: 'Kompania',
    phone: 'Telefoni',
    locale: 'Gjuha',
    label: 'Emri i kësaj adrese',
    address_line_1: 'Rruga dhe numri',
    address_line_2: 'Apartamenti, kati, pranë kujt',
    city: 'Qyteti',
    state: 'Qarku ose rajoni',
    postal_code: 'Kodi postar',
    country: 'Shteti',
    is_primary: 'Bëje adresë kryesore',
    code: 'Kodi nga e-maili',
    totp: 'Kodi nga aplikacioni i vërtetimit',
    recovery_code: 'Kodi i rikuperimit',
    name: 'Emri',
  },
  hints: {
    password: (min) =>
      `Të paktën ${min} karaktere. Disa fjalë pa lidhje mes tyre mbahen mend lehtë dhe gjenden me vështirësi.`,
    phone: 'Me prefiksin e shtetit, për shembull +355\u00a04\u00a0222\u00a03344.',
    label: 'Për shembull Shtëpia ose Zyra.',
    locale: 'Për këtë faqe dhe për e-mailet që ju dërgojmë.',
    company_name: 'Për klientë biznesi.',
    code: 'Tetë shifra.',
    username: 'Vetëm për administruesin tuaj të fjalëkalimeve, që ta dijë se i kujt është ky fjalëkalim.',
    totp: 'Gjashtë shifra.',
    domains: (domains) => `Këtu mund të regjistrohen vetëm adresat te ${domains.join(', ')}.`,
  },
  faults: {
    required: 'Ju lutemi plotësoni këtë fushë.',
    unknown: 'Serveri nuk e njeh këtë fushë.',
    type: 'Kjo nuk është ajo që serveri pret këtu.',
    too_short: (min) => `Ju lutemi përdorni të paktën ${min} karaktere.`,
    too_long: 'Kjo është tepër e gjatë.',
    format: 'Kjo nuk është shkruar siç e pret serveri.',
    out_of_range: 'Kjo është jashtë kufijve.',
    control_characters: 'Kjo përmban karaktere që nuk mund të shfaqen.',
    breached: 'Ky fjalëkalim është vjedhur diku tjetër dhe gjendet në një listë publike. Zgjidhni një tjetër.',
    guessable: 'Ky fjalëkalim gjendet lehtë. Provoni disa fjalë pa lidhje mes tyre.',
    same_as_present: 'Kjo është ajo që keni tashmë.',
    not_null: 'Kjo nuk mund të jetë bosh.',
    not_allowed: 'Kjo nuk lejohet.',
    email: 'Ju lutemi shkruani një adresë e-maili, për shembull ann@example.org.',
    phone: 'Ju lutemi shkruani një numër të vlefshëm me prefiksin e shtetit, për shembull +355\u00a04\u00a0222\u00a03344.',
    label: 'Ju keni tashmë një adresë me këtë emër.',
    present_password: 'Ky nuk është fjalëkalimi juaj i tanishëm.',
    code: 'Ky nuk është kodi i e-mailit më të ri, ose është tepër i vjetër.',
    registration_password: 'Ky nuk është fjalëkalimi që zgjodhët kur u regjistruat.',
    account_password: 'Ky nuk është fjalëkalimi i llogarisë, adresa e së cilës do të ndryshohet.',
    wrong_password: 'Ky nuk është fjalëkalimi juaj.',
    totp: 'Ky kod nuk është i saktë, është përdorur, ose është tepër i vjetër. Ju lutemi prisni kodin tjetër.',
    recovery_code: 'Ky nuk është një nga kodet tuaja të rikuperimit, ose është përdorur.',
  },
  errors: {
    invalid_params: 'Ju lutemi kontrolloni fushat e shënuara.',
    internal: (incident) => `Diçka shkoi keq në server. Nëse e raportoni, tregoni incidentin ${incident}.`,
    invalid_token: 'Kjo lidhje është përdorur, është tepër e vjetër ose është zëvendësuar nga një më e re.',
    invalid_credentials: 'Adresa e e-mailit ose fjalëkalimi është i gabuar.',
    email_not_verified: 'Ofruesi nuk e garanton adresën tuaj të e-mailit. Hapni e-mailin që ju dërguam për ta konfirmuar.',
    link_required: 'Me këtë adresë e-maili ekziston një llogari. Hyni në të dhe lidhni ofruesin te Siguria.',
    account_disabled: 'Kjo llogari është e çaktivizuar. Ju lutemi kontaktoni dyqanin.',
    forbidden: 'Serveri nuk e lejon këtë.',
    not_found: 'Kjo nuk ekziston më.',
    conflict: 'Kjo adresë e-maili ka tashmë një llogari.',
    stale_revision: 'Kjo sapo u ndryshua diku tjetër. Ju lutemi shikojeni dhe ruajeni përsëri.',
    limit_reached: (limit) => `E keni arritur kufirin prej ${limit}.`,
    last_address: 'Adresa e vetme nuk mund të fshihet. Së pari shtoni një tjetër.',
    last_sign_in_method: 'Kjo është mënyra e vetme për t’u identifikuar dhe nuk mund të hiqet. Së pari shtoni një tjetër.',
    proof_required: 'Asgjë nuk u ndryshua: nuk u konfirmua që jeni ju.',
    second_factor_required: 'Kjo llogari ka një faktor të dytë. Ju lutemi hyni përsëri.',
    provider_refused: 'U anulua atje, ose u refuzua. Ju lutemi filloni përsëri.',
    sign_up_closed: 'Për momentin askush nuk mund të regjistrohet këtu, ose vetëm me një ftesë për këtë adresë e-maili.',
    rate_limited: (seconds) =>
      `Pati shumë përpjekje. Ju lutemi provoni përsëri pas ${
        seconds === 1
          ? 'një sekonde'
          : seconds < 60
            ? `${seconds} sekondash`
            : seconds <= 60
              ? 'një minute'
              : `${Math.ceil(seconds / 60)} minutash`
      }.`,
    unavailable: 'Serveri nuk është i disponueshëm tani. Asgjë nuk humbi: ju lutemi provoni përsëri pas pak.',
    unknown_outcome: 'Nuk erdhi përgjigje, prandaj nuk dihet nëse u krye. Ju lutemi shikoni para se të provoni përsëri.',
    no_answer: 'Serveri nuk përgjigjet. Ju lutemi provoni përsëri kur të rikthehet lidhja.',
    signed_out: 'Ju nuk jeni më brenda llogarisë.',
    protocol: 'Serveri dha një përgjigje që kjo faqe nuk e kupton. Ju lutemi ringarkojeni.',
    origin_refused: (origin) =>
      `Kjo faqe u hap te ${origin}, ku serveri nuk i përgjigjet. Ju lutemi hapeni te adresa e dyqanit. Nëse dyqani është juaji, shtoni ${origin} te MARBELLE_ALLOWED_ORIGINS.`,
    passkey: 'Ky çelës kalimi nuk vlen këtu. Mund të jetë fshirë nga llogaria.',
    no_passkey: {
      cancelled: 'Nuk erdhi asnjë çelës kalimi: ose nuk u gjet, ose u anulua.',
      exists: 'Kjo pajisje ka tashmë një çelës kalimi të llogarisë suaj.',
      unsupported: 'Ky shfletues nuk mund të përdorë çelësa kalimi këtu.',
    },
    cookie_refused:
      'Shfletuesi juaj nuk e ruajti cookie-n me të cilën hyni. Ju lutemi lejoni cookie-t për këtë faqe. Nëse dyqani është juaji: në përdorim të vërtetë faqja duhet të shërbehet me https.',
  },
  drafts: {
    theirs: (value) => `U ndryshua diku tjetër në “${value}”.`,
    found: 'Ajo që shkruat këtu më parë ende nuk është ruajtur.',
    drop: 'Hidhe poshtë',
    emptied: 'U zbraz diku tjetër.',
    take: 'Përdor atë',
  },
}
