/** Characters around digits: blanks, invisible marks, dashes, slashes, dots. */
const SEPARATORS =
  /[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Pd}\u2212\u2043\u207b\u2053\u2796\u30fc\uff70~\u223c\uff5e\u02d7/\\\u2044\u2215\u29f8\uff0f.\xb7\u2022\u2024\u2027\u2219\u22c5\u30fb\uff0e\uff65\u2800]/gu
const OPENING = /[[{<\uff08\uff3b\uff5b\u3008\u3010\u3014]/g
const CLOSING = /[\]}>\uff09\uff3d\uff5d\u3009\u3011\u3015]/g
const PLUS = /[\uff0b\ufe62\u207a\u2795]/g

/** Converts a decimal digit of any script to ASCII: the ten digits of each script are consecutive. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0)!
  let zero = code
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
  return String((code - zero) % 10)
}

/**
 * A number in its stored form: E.164, without the characters that people write and paste around digits; 00 is +. The
 * server does the same.
 */
export function tidyPhone(typed: string): string {
  const plain = typed
    .replace(SEPARATORS, '')
    .replace(OPENING, '(')
    .replace(CLOSING, ')')
    .replace(PLUS, '+')
    .replace(/\p{Nd}/gu, asciiDigit)
    .replace(/^tel:/i, '')
  // In Italy the zero in brackets belongs to the number.
  const trunkless = /^\(?(\+|00)\(?39/.test(plain) ? plain : plain.replace('(0)', '')
  return trunkless.replace(/[()]/g, '').replace(/^00/, '+')
}
