import type { SecurityTexts } from './en.js'

/** German: the password, and the security log. */
export const de: SecurityTexts = {
  security: {
    title: 'Sicherheit',
    password: 'Passwort ändern',
    passwordExplain: 'Ihre anderen Geräte werden dabei abgemeldet.',
    submit: 'Passwort ändern',
    changed: (ended) =>
      ended === 0
        ? 'Ihr Passwort ist geändert.'
        : `Ihr Passwort ist geändert. ${ended === 1 ? 'Ein anderes Gerät wurde' : `${ended} andere Geräte wurden`} abgemeldet.`,
    log: 'Letzte Ereignisse',
    logExplain: 'Wenn Sie hier etwas nicht wiedererkennen, ändern Sie Ihr Passwort und melden Sie sich überall ab.',
    older: 'Ältere Einträge anzeigen',
    thisDevice: 'dieses Gerät',
    events: {
      account_created: 'Konto eröffnet',
      sign_in: 'Angemeldet',
      sign_in_failed: 'Anmeldung mit falschem Passwort',
      logout: 'Abgemeldet',
      session_revoked: 'Gerät von einem anderen aus abgemeldet',
      refresh_token_reuse: 'Sitzung beendet: Einer ihrer Schlüssel wurde zweimal benutzt',
      password_reset_requested: 'Link für ein neues Passwort angefordert',
      password_reset: 'Passwort zurückgesetzt',
      password_changed: 'Passwort geändert',
      password_check_failed: 'Aktuelles Passwort falsch eingegeben',
      second_factor_required: 'Angemeldet bis auf den zweiten Faktor',
      second_factor_failed: 'Zweiten Faktor falsch angegeben',
      session_proven: 'Noch einmal bestätigt',
      proof_failed: 'Bestätigung fehlgeschlagen',
      totp_enabled: 'Authenticator-App eingeschaltet',
      totp_disabled: 'Authenticator-App ausgeschaltet',
      second_factor_reset: 'Zweiter Faktor vom Shop zurückgesetzt',
      recovery_codes_renewed: 'Wiederherstellungscodes erneuert',
      recovery_code_used: 'Wiederherstellungscode verwendet',
      passkey_added: 'Passkey hinzugefügt',
      passkey_deleted: 'Passkey gelöscht',
      provider_linked: 'Anbieter verknüpft',
      provider_unlinked: 'Verknüpfung mit Anbieter gelöst',
      passkey_refused: 'Passkey abgelehnt: Er wurde vielleicht kopiert',
      email_change_requested: 'Änderung der E-Mail-Adresse angefordert',
      email_change_cancelled: 'Änderung der E-Mail-Adresse verworfen',
      email_changed: 'E-Mail-Adresse geändert',
      profile_changed: 'Profil vom Shop geändert',
      sessions_ended: 'Vom Shop abgemeldet',
      account_deletion_requested: 'Löschung des Kontos angefordert',
      account_disabled: 'Konto vom Shop gesperrt',
      account_enabled: 'Konto vom Shop entsperrt',
      account_restored: 'Daten aus einer Sicherung wiederhergestellt',
    },
  },
}
