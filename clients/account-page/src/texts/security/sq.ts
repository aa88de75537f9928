import type { SecurityTexts } from './en.js'

/** Albanian: the password, and the security log. */
export const sq: SecurityTexts = {
  security: {
    title: 'Siguria',
    password: 'Ndrysho fjalëkalimin',
    passwordExplain: 'Kështu pajisjet tuaja të tjera nxirren nga llogaria.',
    submit: 'Ndrysho fjalëkalimin',
    changed: (ended) =>
      ended === 0
        ? 'Fjalëkalimi juaj u ndryshua.'
        : `Fjalëkalimi juaj u ndryshua. ${ended === 1 ? 'Një pajisje tjetër u nxor' : `${ended} pajisje të tjera u nxorën`} nga llogaria.`,
    log: 'Aktiviteti i fundit',
    logExplain: 'Nëse diçka këtu nuk e njihni, ndryshoni fjalëkalimin dhe dilni nga të gjitha pajisjet.',
    older: 'Shfaq ngjarje më të vjetra',
    thisDevice: 'kjo pajisje',
    events: {
      account_created: 'Llogaria u hap',
      sign_in: 'Hyrje',
      sign_in_failed: 'Përpjekje me fjalëkalim të gabuar',
      logout: 'Dalje',
      session_revoked: 'Pajisje e nxjerrë nga llogaria prej një tjetre',
      refresh_token_reuse: 'Sesioni u mbyll: një çelës i tij u përdor dy herë',
      password_reset_requested: 'U kërkua lidhje për fjalëkalim të ri',
      password_reset: 'Fjalëkalimi u rivendos',
      password_changed: 'Fjalëkalimi u ndryshua',
      password_check_failed: 'Fjalëkalimi i tanishëm u dha gabim',
      second_factor_required: 'Identifikim pa faktorin e dytë',
      second_factor_failed: 'Faktori i dytë u dha gabim',
      session_proven: 'U konfirmua edhe një herë',
      proof_failed: 'Konfirmimi dështoi',
      totp_enabled: 'Aplikacioni i kodeve u aktivizua',
      totp_disabled: 'Aplikacioni i kodeve u çaktivizua',
      second_factor_reset: 'Faktori i dytë u rivendos nga dyqani',
      recovery_codes_renewed: 'Kodet e rikuperimit u ripërtërinë',
      recovery_code_used: 'U përdor një kod rikuperimi',
      passkey_added: 'U shtua një çelës kalimi',
      passkey_deleted: 'U fshi një çelës kalimi',
      provider_linked: 'Ofruesi u lidh',
      provider_unlinked: 'Lidhja me ofruesin u hoq',
      passkey_refused: 'Çelësi i kalimit u refuzua: mund të jetë kopjuar',
      email_change_requested: 'U kërkua ndryshimi i adresës së e-mailit',
      email_change_cancelled: 'U anulua ndryshimi i adresës së e-mailit',
      email_changed: 'Adresa e e-mailit u ndryshua',
      profile_changed: 'Profili u ndryshua nga dyqani',
      sessions_ended: 'Seanca u mbyll nga dyqani',
      account_deletion_requested: 'U kërkua fshirja e llogarisë',
      account_disabled: 'Llogaria u çaktivizua nga dyqani',
      account_enabled: 'Llogaria u riaktivizua nga dyqani',
      account_restored: 'Të dhënat u rikthyen nga një kopje rezervë',
    },
  },
}
