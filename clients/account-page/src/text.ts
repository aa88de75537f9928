/** Only invisible and blank characters, without the bidirectional controls, which the server refuses. */
const NOTHING =
  /^(?:(?![\u202a-\u202e\u2066-\u2069])[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800\ufff0-\ufffb\u{13441}\u{13442}\u{16fe4}\u{1d159}])*$/u

/** Text in the server's form: trimmed, in NFC, and empty if it is blank. */
export function tidyText(typed: string): string {
  const text = typed.normalize().replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '')
  return NOTHING.test(text) ? '' : text
}

/** A name of one or two parts. */
export function fullName({ first_name, last_name }: { readonly first_name: string; readonly last_name: string | null }): string {
  return last_name === null ? first_name : `${first_name} ${last_name}`
}
