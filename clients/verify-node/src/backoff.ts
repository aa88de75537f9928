const FIRST_MS = 250
const LONGEST_MS = 15_000

/**
 * The wait after this many failures: doubled with each, and anywhere in its upper half, so that clients do not all come
 * back at once.
 */
export function delayAfter(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16))
  return longest * (0.5 + random() / 2)
}
